"""Write tiny random Idefics3 and SmolVLM checkpoints and what transformers computes with them.

usage: idefics3.py OUT        (OUT is engine/testdata; see build/golden/README.md)

Each folder OUT/<name> is a checkpoint as published ones are laid out, with pictures, golden.json (conversations, prompt ids, 20 greedy
tokens with log-probabilities) and golden.safetensors (features, hidden states after each layer, logits at the prompt's end).
"""
import json, os, sys
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (Idefics3Config, Idefics3ForConditionalGeneration, Idefics3ImageProcessor, Idefics3Processor,
                          PreTrainedTokenizerFast, SmolVLMConfig, SmolVLMForConditionalGeneration)

out = sys.argv[1]
torch.set_num_threads(1)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<end_of_utterance>", "<fake_token_around_image>", "<global-img>", "<image>"]
SPECIAL += [f"<row_{r}_col_{c}>" for r in range(1, 5) for c in range(1, 5)]
TEMPLATE = ("{% for message in messages %}<|im_start|>{{ message['role'] }}\n{% for part in message['content'] %}"
            "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
            "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def tokenizer():
    """Bytes, a few merges, and Idefics3's control tokens."""
    chars = sorted(pre_tokenizers.ByteLevel.alphabet())
    merges = [("Ċ", "Ċ"), ("Ġ", "a"), ("i", "n"), ("Ġ", "t"), ("h", "e"), ("Ġt", "he")]
    vocab = {c: i for i, c in enumerate(chars)}
    for a, b in merges:
        vocab[a + b] = len(vocab)
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens(SPECIAL)
    return PreTrainedTokenizerFast(tokenizer_object=t, bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|im_end|>",
                                   unk_token="<|endoftext|>", clean_up_tokenization_spaces=False, chat_template=TEMPLATE)


def picture(seed, w, h):
    r = np.random.default_rng(seed)
    small = r.integers(0, 256, (max(h // 8, 1), max(w // 8, 1), 3), dtype=np.uint8)
    return Image.fromarray(small).resize((w, h), Image.NEAREST)


PICTURES = {"a.png": (1, 40, 24), "b.png": (2, 17, 9), "c.png": (3, 64, 64)}


def image(name):
    return {"type": "image", "path": name}


def text(s):
    return {"type": "text", "text": s}


CONVERSATIONS = {
    "text only": [{"role": "user", "content": [text("What is the time in the town?")]}],
    "one picture": [{"role": "user", "content": [image("a.png"), text("What is that?")]}],
    "two pictures with words between": [{"role": "user", "content": [text("First "), image("b.png"), text(" then "), image("c.png"), text("\n\nWhat differs?")]}],
    "pictures in the first and third turn": [
        {"role": "user", "content": [image("c.png"), text("one")]}, {"role": "assistant", "content": [text("a cat")]},
        {"role": "user", "content": [text("sure?")]}, {"role": "assistant", "content": [text("yes")]},
        {"role": "user", "content": [image("a.png"), text("and the other?")]}],
}


def build(name, config_class, model_class, split, tie):
    folder = f"{out}/{name}"
    os.makedirs(folder, exist_ok=True)
    tok = tokenizer()
    for f, p in PICTURES.items():
        picture(*p).save(f"{folder}/{f}", optimize=True)
    vision = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8)
    words = dict(model_type="llama", vocab_size=len(tok), hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
                 num_key_value_heads=2, head_dim=8, max_position_embeddings=512, rms_norm_eps=1e-5, rope_theta=1000.0, tie_word_embeddings=tie)
    config = config_class(vision_config=vision, text_config=words, scale_factor=2, image_token_id=tok.convert_tokens_to_ids("<image>"),
                          tie_word_embeddings=tie, pad_token_id=tok.pad_token_id)
    torch.manual_seed(7)
    model = model_class(config).eval().float()
    with torch.no_grad():  # the usual initialisation is so small that a wrong layer would hardly show
        for n, p in model.named_parameters():
            if p.dim() > 1:
                p.normal_(0, (1.2 if "embed" in n else 0.9) / p.shape[-1] ** 0.5 if p.dim() == 2 else 0.06)
            elif n.endswith("weight"):
                p.uniform_(0.7, 1.3)
            else:
                p.normal_(0, 0.1)
    published = {k.replace("model.lm_head", "lm_head"): v.contiguous() for k, v in model.state_dict().items()}
    if tie:
        published.pop("lm_head.weight", None)
    save_file(published, f"{folder}/model.safetensors", metadata={"format": "pt"})
    c = config.to_dict()
    c["architectures"] = [model_class.__name__]
    json.dump(c, open(f"{folder}/config.json", "w"), indent=1)
    json.dump({"eos_token_id": tok.eos_token_id}, open(f"{folder}/generation_config.json", "w"))
    tok.backend_tokenizer.save(f"{folder}/tokenizer.json")
    json.dump({"eos_token": "<|im_end|>", "bos_token": "<|im_start|>", "chat_template": TEMPLATE}, open(f"{folder}/tokenizer_config.json", "w"))
    prep = dict(do_convert_rgb=True, do_image_splitting=split, do_normalize=True, do_pad=True, do_rescale=True, do_resize=True,
                image_mean=[.5, .5, .5], image_std=[.5, .5, .5], max_image_size={"longest_edge": 32}, size={"longest_edge": 64 if split else 32},
                resample=1, rescale_factor=1 / 255)
    json.dump(prep | {"image_processor_type": "Idefics3ImageProcessor"}, open(f"{folder}/preprocessor_config.json", "w"), indent=1)
    try:
        from transformers import Idefics3ImageProcessorPil as ImageProcessor  # Pillow's resize, which the model's own training used
    except ImportError:
        ImageProcessor = Idefics3ImageProcessor
    proc = Idefics3Processor(ImageProcessor(**prep), tok, image_seq_len=4, chat_template=TEMPLATE)
    golden, tensors = [], {}
    for i, (label, messages) in enumerate(CONVERSATIONS.items()):
        files = [p["path"] for m in messages for p in m["content"] if p["type"] == "image"]
        prompt = tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        inputs = proc(text=prompt, images=[[Image.open(f"{folder}/{f}") for f in files]] if files else None, return_tensors="pt", add_special_tokens=False)
        with torch.no_grad():
            o = model(**inputs, output_hidden_states=True)
            g = model.generate(**inputs, max_new_tokens=20, do_sample=False, return_dict_in_generate=True, output_logits=True,
                               eos_token_id=-1, pad_token_id=tok.pad_token_id)
        ids = g.sequences[0, inputs["input_ids"].shape[1]:]
        lp = [torch.log_softmax(l[0].float(), -1)[t].item() for l, t in zip(g.logits, ids)]
        golden.append({"name": label, "messages": messages, "prompt_ids": inputs["input_ids"][0].tolist(), "tokens": ids.tolist(), "logprobs": lp})
        tensors[f"{i}.logits"] = o.logits[0, -1].float()
        for l, h in enumerate(o.hidden_states[1:-1]):  # the last is after the final norm
            tensors[f"{i}.hidden.{l}"] = h[0, -8:].float()
        tensors[f"{i}.hidden.last"] = o.hidden_states[-1][0, -8:].float()
        if files:
            with torch.no_grad():
                px = inputs["pixel_values"][0]
                v = model.model.vision_model(px, patch_attention_mask=torch.ones(px.shape[0], 4, 4, dtype=torch.bool), output_hidden_states=True)
                tensors[f"{i}.features"] = model.model.connector(v.last_hidden_state).reshape(-1, 32)
                for l, h in enumerate(v.hidden_states[1:]):
                    tensors[f"{i}.vision.{l}"] = h[-1]
    json.dump(golden, open(f"{folder}/golden.json", "w"), indent=1)
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, f"{folder}/golden.safetensors")
    print(name, len(published), "tensors;", [len(g["prompt_ids"]) for g in golden], [g["tokens"][:6] for g in golden])


build("idefics3-split", Idefics3Config, Idefics3ForConditionalGeneration, True, False)
build("smolvlm-whole", SmolVLMConfig, SmolVLMForConditionalGeneration, False, True)
