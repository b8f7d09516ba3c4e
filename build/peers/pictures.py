#!/usr/bin/env python3
"""Runs Sightglass and its peers in turns on picture models of three shapes with random weights, and prints a Markdown table.

usage: pictures.py --peers DIR --sightglass PROGRAM --python PROGRAM [--rounds N] [--threads N] [--models NAMES] [--mlx]

DIR/models/NAME holds what shapes.py and smolvlm.py write, and 4bit, which sightglass convert makes of hf. Each number is the best of the rounds,
for what else the machine does only takes away. The first token is the picture and the prompt, one after the other.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Picture's side in pixels, its tokens and those of a question, tokens written, the type in which transformers fits into memory.
SHAPES = {"smolvlm-256m": (512, 64 + 64, 32, "bfloat16"), "qwen2-vl-2b": (448, 256 + 64, 16, "bfloat16"), "llava-1.5-7b": (336, 576 + 64, 8, "bfloat16")}


def run(*command):
    """What a command prints, and its peak memory in bytes."""
    with tempfile.TemporaryFile("w+") as out:
        p = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "GGML_NO_BACKTRACE": "1"})
        _, status, usage = os.wait4(p.pid, 0)
        out.seek(0)
        return out.read(), usage.ru_maxrss * 1024


def last_json(text):
    return json.loads([line for line in text.splitlines() if line.startswith("{")][-1])


def sightglass(a, folder, side, prompt, written, _):
    out, peak = run(a.sightglass, "bench", "--json", "--threads", a.threads, "--model", folder / "4bit", "--context", 2048, "--runs", 1,
                    "--pp", prompt, "--tg", written, "--image", f"{side}x{side}")
    got = last_json(out)
    return {"picture": got["image_encode_ms"]["best"] / 1e3, "pp": got["prompt_tokens_per_s"]["best"], "tg": got["generation_tokens_per_s"]["best"], "peak": peak}


def llama(a, folder, side, prompt, written, _):
    """The decoder by llama-bench, and the tower by the picture command beside a decoder of one layer, which counts in no number."""
    out, peak = run(a.peers / "build/bin/llama-bench", "-m", folder / "text.gguf", "-t", a.threads, "-p", prompt, "-n", written, "-r", 1, "-o", "json")
    got = {("pp" if r["n_prompt"] else "tg"): r["avg_ts"] for r in json.loads(out[out.index("[\n"):out.rindex("]") + 1])}
    small = folder / "small.gguf"
    out, with_small = run(a.peers / "build/bin/llama-mtmd-cli", "-m", small, "--mmproj", folder / "mmproj.gguf", "--image", folder / "picture.png",
                          "-p", "What is this?", "-n", 1, "-t", a.threads, "--no-warmup")
    found = re.search(r"encoding done in (\d+) ms", out)
    if not found:
        sys.exit(f"llama-mtmd-cli: no time of encoding in its output: {out[-2000:]}")
    return got | {"picture": int(found[1]) / 1e3, "peak": peak + with_small - small.stat().st_size}


def script(name, a, *args):
    out, _ = run(a.python, Path(__file__).with_name(name), *args)
    if not any(line.startswith("{") for line in out.splitlines()):
        sys.exit(f"{name}: {out[-2000:]}")
    got = last_json(out)
    return got | {"picture": got.pop("picture_ms") / 1e3}


def transformers(a, folder, side, prompt, written, dtype):
    return script("transformers_bench.py", a, folder / "hf", a.threads, prompt, written, 1, dtype, side)


def mlx(a, folder, side, prompt, written, _):
    return script("mlx_bench.py", a, folder / "4bit", prompt, written, side)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", nargs="*", default=list(SHAPES))
    parser.add_argument("--mlx", action="store_true")
    for name in ["peers", "sightglass", "python"]:
        parser.add_argument(f"--{name}", type=Path, required=True)
    a = parser.parse_args()
    for name in a.models:
        side, prompt, written, dtype = SHAPES[name]
        sides = {"Sightglass, 4 bit": sightglass, "llama.cpp Q4_0": llama, f"transformers {dtype}": transformers} | ({"mlx-vlm, 4 bit": mlx} if a.mlx else {})
        best = {}
        for i in range(a.rounds):
            for label, measure in sides.items():
                print(f"{name}: round {i + 1} of {a.rounds}: {label}", file=sys.stderr)
                m = measure(a, a.peers / "models" / name, side, prompt, written, dtype)
                m["first"] = m["picture"] + prompt / m["pp"]
                print(json.dumps(m), file=sys.stderr)
                for what, v in m.items():
                    old = best.setdefault(label, {}).setdefault(what, v)
                    best[label][what] = max(v, old) if what in ("pp", "tg") else min(v, old)
        table(name, side, prompt, best)


def table(name, side, prompt, best):
    ours = best["Sightglass, 4 bit"]
    print(f"\n| {name}, {side}x{side}, prompt of {prompt} | picture, s | | first token, s | | decode, tokens/s | | peak, GB |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    for label, m in best.items():
        times = lambda ratio: f"{ratio:.2f}x"
        print(f"| {label} | {m['picture']:.2f} | {times(m['picture'] / ours['picture'])} | {m['first']:.2f} | {times(m['first'] / ours['first'])} |"
              f" {m['tg']:.1f} | {times(ours['tg'] / m['tg'])} | {m['peak'] / 1e9:.2f} |")


if __name__ == "__main__":
    main()
