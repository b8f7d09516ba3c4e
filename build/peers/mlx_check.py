#!/usr/bin/env python3
"""Checks that mlx-vlm and Sightglass read each other's quantized models: every tiny checkpoint that both know, to 4 and to 8 bits, converted by
each of them, has the same log-probabilities in both, for 12 tokens.

usage: mlx_check.py SIGHTGLASS [FOLDER...]     (in the root of the project; needs: pip install mlx-vlm==0.7.10)
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_map
from mlx_vlm.quant_utils import quantize_model
from mlx_vlm.utils import load_model, save_config, save_weights, skip_multimodal_module
from transformers import AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES

# Left out, with mlx-vlm 0.7.10: Idefics3, whose quantized embedding it does not read back itself; InternVL, of which it knows another layout;
# PaliGemma, Gemma 3 and Pixtral, of whose tiny checkpoints it takes some sizes for others.
FOLDERS = ["engine/testdata/llava-1.5", "engine/testdata/llava-next-vicuna", "engine/testdata/llava-next-mistral", "engine/model/qwenvl/testdata/qwen2-vl",
           "engine/model/qwenvl/testdata/qwen2.5-vl", "engine/model/qwenvl/testdata/qwen3-vl", "engine/model/mistral3/testdata/mistral3"]
QUESTION = "What is the time in the town?"
TOKENS, TOLERANCE = 12, 1e-3


def ours(program, folder):
    out = subprocess.run([program, "ask", "--json", "--exact", "--model", folder, "--max-tokens", str(TOKENS), QUESTION], capture_output=True, text=True)
    if out.returncode != 0:
        raise RuntimeError(out.stderr.strip())
    return json.loads(out.stdout)


def whole(folder, to):
    """Copies a folder for mlx-vlm, with all fields in config.json: its defaults are not always transformers'."""
    def merge(full, given):
        for k, v in given.items():
            full[k] = merge(dict(full.get(k) or {}), v) if isinstance(v, dict) else v
        rope = full.get("rope_parameters") or {}
        if "full_attention" in rope:  # where transformers 5 keeps the rotary numbers
            full.setdefault("rope_local_base_freq", rope["sliding_attention"]["rope_theta"])
            rope = rope["full_attention"]
        if "rope_theta" in rope:
            full.setdefault("rope_theta", rope["rope_theta"])
        return full

    given = json.load(open(folder / "config.json"))
    given.setdefault("model_type", {a: t for t, a in reversed(MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES.items())}[given["architectures"][0]])
    config = AutoConfig.for_model(**given).to_dict()
    config["vision_config"] = merge(config["vision_config"], {})
    if given["model_type"].startswith("qwen"):
        config["vision_config"]["model_type"] = given["model_type"]
    text = config["text_config"] = merge(config["text_config"], {})
    text["tie_word_embeddings"] = config["tie_word_embeddings"]
    text["head_dim"] = text.get("head_dim") or text["hidden_size"] // text["num_attention_heads"]
    shutil.copytree(folder, to, ignore=lambda _, names: [n for n in names if n.endswith(".safetensors") and not n.startswith("model")])
    json.dump(merge(config, given), open(to / "config.json", "w"))
    return to


def theirs(folder, prompt, answer):
    """Log-probabilities of an answer's tokens, in f32, all at once."""
    model = load_model(folder)
    model.update(tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters()))
    ids = prompt + answer
    logits = model(mx.array([ids]), None, None).logits[0]
    lp = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
    return [lp[len(prompt) - 1 + i, t].item() for i, t in enumerate(answer)]


def convert(source, to, bits):
    """As mlx-vlm's own command does."""
    with tempfile.TemporaryDirectory() as alone:  # mlx-vlm reads every safetensors file of a folder
        model = load_model(whole(source, Path(alone) / "whole"))
    model, config = quantize_model(model, json.load(open(source / "config.json")), 32, bits, quant_predicate=lambda path, _: not skip_multimodal_module(path))
    to.mkdir()
    save_weights(to, model)
    save_config(config, to / "config.json")
    for f in source.iterdir():
        if f.suffix != ".safetensors" and f.suffix != ".png" and f.name not in ("config.json", "golden.json", "model.safetensors.index.json"):
            shutil.copy(f, to)


def check(program, source, bits, by):
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "model"
        if by == "sightglass":
            subprocess.run([program, "convert", "--bits", str(bits), "--group", "32", source, folder], check=True, capture_output=True)
        else:
            convert(source, folder, bits)
        mine = ours(program, folder)
        return max(abs(a - b) for a, b in zip(mine["logprobs"], theirs(whole(folder, Path(work) / "whole"), mine["prompt_ids"], mine["tokens"])))


def main():
    failed = 0
    for source in map(Path, sys.argv[2:] or FOLDERS):
        for bits in [4, 8]:
            for by in ["sightglass", "mlx-vlm"]:
                try:
                    off = check(sys.argv[1], source, bits, by)
                    said = f"off by {off:.1e}" + ("" if off <= TOLERANCE else ": too much")
                except Exception as e:
                    off, said = 1, f"{type(e).__name__}: {str(e)[:200]}"
                failed += off > TOLERANCE
                print(f"{source.name}, {bits} bits, converted by {by}: {said}", flush=True)
    sys.exit(f"{failed} failed" if failed else 0)


if __name__ == "__main__":
    main()
