"""Writes engine/testdata/llava-mlx: the tiny LLaVA-1.5 as mlx-vlm converts it to 4 bits, its head to 8, and what mlx-vlm computes with it.
With a second folder, one that `sightglass convert --bits 4 --group 32 engine/testdata/llava-1.5` made, checks that mlx-vlm computes the same
with that as with its own conversion.

usage: mlx.py OUT [CONVERTED]       (OUT is engine/testdata; needs: pip install mlx-vlm==0.7.10)
"""
import json, pathlib, shutil, sys, tempfile
import mlx.core as mx
import numpy as np
from mlx.utils import tree_map
from mlx_vlm.quant_utils import quantize_model
from mlx_vlm.utils import load_model, save_config, save_weights, skip_multimodal_module
from PIL import Image
from transformers import PreTrainedTokenizerFast
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

out = pathlib.Path(sys.argv[1])
source, target = out / "llava-1.5", out / "llava-mlx"
goldens = json.load(open(source / "golden.json"))[:2] + json.load(open(source / "golden.json"))[4:]
prep = CLIPImageProcessorPil(**{k: v for k, v in json.load(open(source / "preprocessor_config.json")).items() if k != "image_processor_type"})


def answer(folder, n=12):
    """Token ids, log-probabilities and the first logits for each conversation, in f32."""
    model = load_model(folder)
    model.update(tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters()))
    answers = []
    for g in goldens:
        files = [p["path"] for m in g["messages"] for p in m["content"] if p["type"] == "image"]
        pixels = None
        if files:
            pixels = mx.array(np.stack(prep([Image.open(source / f).convert("RGB") for f in files], return_tensors="np")["pixel_values"]))
        ids, tokens, logprobs, first = list(g["prompt_ids"]), [], [], None
        for _ in range(n):
            logits = model(mx.array([ids]), pixels, None).logits[0, -1]
            first = np.array(logits) if first is None else first
            lp = logits - mx.logsumexp(logits)
            t = int(mx.argmax(lp))
            tokens.append(t)
            logprobs.append(float(lp[t]))
            ids.append(t)
        answers.append((tokens, logprobs, first))
    return answers


def convert(to, head):
    with tempfile.TemporaryDirectory() as alone:  # mlx-vlm reads every safetensors file of a folder
        for name in ["config.json", "model.safetensors"]:
            shutil.copy(source / name, alone)
        model = load_model(pathlib.Path(alone))
    config = json.load(open(source / "config.json"))

    def bits(path, module):
        if skip_multimodal_module(path):
            return False
        return {"group_size": 32, "bits": 8} if head == 8 and path.endswith("lm_head") else True

    model, config = quantize_model(model, config, 32, 4, quant_predicate=bits)
    to.mkdir(exist_ok=True)
    save_weights(to, model)
    save_config(config, to / "config.json")


if __name__ == "__main__":
    convert(target, 8)
    for f in source.iterdir():
        if f.suffix == ".png" or "token" in f.name or "preprocessor" in f.name:
            shutil.copy(f, target)
    (target / "model.safetensors.index.json").unlink(missing_ok=True)
    answers = answer(target)
    for g, (tokens, logprobs, _) in zip(goldens, answers):
        g["tokens"], g["logprobs"] = tokens, logprobs
    with open(target / "golden.json", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(g, ensure_ascii=False) for g in goldens) + "\n]\n")
    print([t[:6] for t, _, _ in answers])
    if len(sys.argv) > 2:
        own = pathlib.Path(sys.argv[2]).parent / "by-mlx-vlm"
        convert(own, 4)
        worst = max(float(np.abs(a[2] - b[2]).max()) for a, b in zip(answer(own), answer(pathlib.Path(sys.argv[2]))))
        print("largest difference of logits between both conversions, in mlx-vlm:", worst)
        assert worst < 1e-5
