"""Golden answers to drawn screens, by transformers in f32: greedy ids, text and log-probabilities.

usage: answers.py merged|shipped MERGED_DIR BUILTIN_DIR SCREENS_DIR

"merged" is the bf16 checkpoint of export.py; "shipped" has the very values of BUILTIN_DIR/model, dequantized, with the adapter
applied beside them, not merged. Writes SCREENS_DIR/merged.json or shipped.json. Without a picture the adapter rests, as in the app.
"""
import contextlib, json, re, sys, time
import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file
from transformers import AutoModelForCausalLM, AutoProcessor, Idefics3ForConditionalGeneration
import builtin
from grid import TILE, grid

MAX_TOKENS = 200


def dequantized(folder):
    index = json.load(open(f"{folder}/model.safetensors.index.json"))["weight_map"]
    t = {}
    for file in sorted(set(index.values())): t |= load_file(f"{folder}/{file}")
    return {k: torch.from_numpy(builtin.affine(t, k.removesuffix(".weight")) if k.endswith(".weight") else t[k].astype(np.float32))
            for k in t if not k.endswith((".scales", ".biases"))}


def load(which, merged, folder):
    model = Idefics3ForConditionalGeneration.from_pretrained(merged, dtype=torch.float32, attn_implementation="eager").eval()
    if which == "merged": return model
    missing, extra = model.load_state_dict(dequantized(f"{folder}/model"), strict=False)
    assert not extra and missing == ["lm_head.weight"], (missing, extra)
    model.tie_weights()
    from peft import PeftModel
    model = PeftModel.from_pretrained(model, f"{folder}/adapter", autocast_adapter_dtype=False).float().eval()
    loras = [n for n, _ in model.named_parameters() if "lora_A" in n]
    assert len(loras) == 210 and all("text_model" in n for n in loras), len(loras)
    return model


def tiled(picture):
    """How the processor is called for what the app's "tile_reach" does."""
    cols, rows = grid(*picture.size)
    return {"do_image_splitting": True, "size": {"height": rows * TILE, "width": cols * TILE}}


@torch.no_grad()
def answer(model, processor, question, picture=None):
    content = ([{"type": "image"}] if picture else []) + [{"type": "text", "text": question}]
    prompt = processor.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True)
    x = processor(text=prompt, images=[picture] if picture else None, return_tensors="pt", **(tiled(picture) if picture else {}))
    y = model.generate(**x, max_new_tokens=MAX_TOKENS, do_sample=False, return_dict_in_generate=True, output_logits=True)
    ids = y.sequences[0, x["input_ids"].shape[1]:].tolist()
    logprobs = [float(l[0].float().log_softmax(-1)[i]) for l, i in zip(y.logits, ids)]
    top = [float((v := l[0].topk(2).values)[0] - v[1]) for l in y.logits]
    return {"prompt_ids": x["input_ids"][0].tolist(), "ids": ids, "text": processor.tokenizer.decode(ids, skip_special_tokens=True),
            "logprobs": [round(v, 6) for v in logprobs], "margin": round(min(top), 4)}


def main(which, merged, folder, screens):
    torch.manual_seed(0)
    model, processor, out, right, start = load(which, merged, folder), AutoProcessor.from_pretrained(merged, backend="pil"), [], 0, time.time()
    asked = [s | {"file": f"{screens}/{s['name']}.png"} for s in json.load(open(f"{screens}/screens.json"))]
    asked += [s | {"name": f"sample-{i + 1}", "file": f"{folder}/sample.png"} for i, s in enumerate(json.load(open(f"{folder}/sample.json")))]
    for s in asked:
        a = answer(model, processor, s["question"], Image.open(s["file"]).convert("RGB"))
        right += a["text"].strip() == s["answer"].strip()
        print(f"{s['name']:10} {s['question']!r}\n   want {s['answer'][:100]!r}\n   got  {a['text'][:100]!r}", flush=True)
        out.append({"name": s["name"], "question": s["question"]} | a)
    if which == "merged": model, rest = AutoModelForCausalLM.from_pretrained(f"{merged}/../smollm2-bf16", dtype=torch.float32).eval(), contextlib.nullcontext()
    else: rest = model.disable_adapter()
    with rest:
        for i, q in enumerate(["What is the capital of France?", "Write one sentence about the sea."]):
            out.append({"name": f"text-{i + 1}", "question": q} | answer(model, processor, q))
            print(q, out[-1]["text"])
    json.dump(out, open(f"{screens}/{which}.json", "w"))
    print(f"{which}: {right} of {len(out) - 2} exact, {time.time() - start:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
