"""Writes adapters as mlx-vlm lays them out for tiny checkpoints, and what mlx-vlm answers with them. With the command's path as well, checks that
mlx-vlm and PEFT compute the same with what the command exports.

usage: adapter.py OUT [SIGHTGLASS]       (OUT is engine/testdata; needs: pip install mlx-vlm==0.7.10)

OUT/adapters/<checkpoint>-<method> is the adapter's folder, and answer.json in it the tokens and log-probabilities after the checkpoint's first golden
prompt, which has no picture.
"""
import json, os, pathlib, shutil, subprocess, sys, tempfile
import mlx.core as mx
from mlx.utils import tree_flatten, tree_map
from mlx_vlm.trainer.peft.utils import apply_lora_layers, get_peft_model, save_adapter
from mlx_vlm.utils import load_model

out = pathlib.Path(sys.argv[1])
CASES = [("idefics3-split", "lora"), ("llava-1.5", "dora")]
TOKENS = 8


def load(name):
    with tempfile.TemporaryDirectory() as alone:  # mlx-vlm reads every safetensors file of a folder
        shutil.copy(out / name / "model.safetensors", alone)
        config = json.load(open(out / name / "config.json"))
        text = config["text_config"]
        if "rope_parameters" in text:  # where transformers 5 keeps it, and mlx-vlm's Idefics3 does not look
            text["rope_theta"] = text["rope_parameters"]["rope_theta"]
        json.dump(config, open(f"{alone}/config.json", "w"))
        model = load_model(pathlib.Path(alone))
    model.update(tree_map(lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p, model.parameters()))
    return model


def prompt(name):
    return json.load(open(out / name / "golden.json"))[0]["prompt_ids"]


def answer(model, ids):
    """Greedy tokens and their log-probabilities."""
    model.eval()
    ids, tokens, logprobs = list(ids), [], []
    for _ in range(TOKENS):
        logits = model(mx.array([ids]), None, None).logits[0, -1]
        lp = logits - mx.logsumexp(logits)
        tokens.append(int(mx.argmax(lp)))
        logprobs.append(float(lp[tokens[-1]]))
        ids.append(tokens[-1])
    return tokens, logprobs


def make(name, method):
    mx.random.seed(5)
    model = get_peft_model(load(name), rank=4, alpha=6, dropout=0.0, verbose=False, use_dora=method == "dora")
    moved = []
    for key, value in tree_flatten(model.trainable_parameters()):
        if key.endswith("lora_b"):
            moved.append((key, 0.2 * mx.random.normal(value.shape)))
        if key.endswith(".m"):
            moved.append((key, value * (1 + 0.2 * mx.random.normal(value.shape))))
    model.load_weights(moved, strict=False)
    folder = out / f"adapters/{name}-{method}"
    folder.mkdir(parents=True, exist_ok=True)
    save_adapter(model, folder / "adapters.safetensors")
    tokens, logprobs = answer(model, prompt(name))
    json.dump({"tokens": tokens, "logprobs": logprobs}, open(folder / "answer.json", "w"))
    print(name, method, tokens)


def check(name, method, sightglass):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForImageTextToText

    folder = out / f"adapters/{name}-{method}"
    want = json.load(open(folder / "answer.json"))
    with tempfile.TemporaryDirectory() as work:
        env = os.environ | {"SIGHTGLASS_HOME": f"{work}/home"}
        run = lambda *args: subprocess.run([sightglass, "adapters", *args], env=env, check=True)
        run("import", "--model", str(out / name), "it", str(folder))
        for layout in ["mlx", "peft"]:
            run("export", "--model", str(out / name), "--format", layout, "it", f"{work}/{layout}")
        tokens, logprobs = answer(apply_lora_layers(load(name), f"{work}/mlx"), prompt(name))
        assert tokens == want["tokens"]
        print(name, method, "mlx-vlm, largest difference:", max(abs(a - b) for a, b in zip(logprobs, want["logprobs"])))
        model = AutoModelForImageTextToText.from_pretrained(out / name, dtype=torch.float32)
        model = PeftModel.from_pretrained(model, f"{work}/peft").eval()
        far = 0
        with torch.inference_mode():
            ids = prompt(name) + want["tokens"]
            logits = model(input_ids=torch.tensor([ids])).logits[0]
        for i, token in enumerate(want["tokens"]):
            lp = torch.log_softmax(logits[len(ids) - TOKENS + i - 1], -1)
            far = max(far, abs(lp[token].item() - want["logprobs"][i]))
        print(name, method, "PEFT, largest difference:", far)
        assert far < 1e-3


for case in CASES:
    make(*case) if len(sys.argv) < 3 else check(*case, sys.argv[2])
