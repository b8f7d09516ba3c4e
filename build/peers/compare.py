#!/usr/bin/env python3
"""Runs Sightglass and its peers in turns on the same models and prints a Markdown table.

Taking turns spreads what else the machine does over all sides alike. Each number is the median over the rounds.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

PROMPT, GENERATE = 512, 128


def run(*command):
    """The output of a command; its errors end the comparison."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def sightglass(program, model, threads, picture=False):
    flags = ["--image", "512x512", "--pp", 16, "--tg", 1] if picture else ["--pp", PROMPT, "--tg", GENERATE]
    got = json.loads(run(program, "bench", "--json", "--model", model, "--threads", threads, *flags))
    if picture:
        return {"picture_ms": got["image_encode_ms"]["median"]}
    return {"pp": got["prompt_tokens_per_s"]["median"], "tg": got["generation_tokens_per_s"]["median"]}


def llama(peers, name, threads):
    out = run(peers / "build/bin/llama-bench", "-m", peers / f"models/{name}.gguf", "-t", threads,
              "-p", PROMPT, "-n", GENERATE, "-r", 5, "-o", "json")
    speeds = {"pp" if r["n_prompt"] else "tg": statistics.median(r["samples_ts"]) for r in json.loads(out)}
    return speeds


def llama_picture(peers, threads):
    """The time that llama.cpp's picture command logs for encoding one 512x512 tile.

    The text model knows none of the tokens around a picture, and the command fails at them: after the encoding.
    """
    command = [peers / "build/bin/llama-mtmd-cli", "-m", peers / "models/q4_1.gguf", "--mmproj", peers / "models/mmproj.gguf",
               "--image", peers / "models/smolvlm/picture.png", "-p", "What is this?", "-n", "1", "-t", str(threads)]
    times = []
    for _ in range(3):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "GGML_NO_BACKTRACE": "1"})
        log = done.stdout + done.stderr
        found = re.search(r"encoding done in (\d+) ms", log)
        if not found:
            sys.exit(f"llama-mtmd-cli: no time of encoding in its output: {log[-2000:]}")
        times.append(float(found[1]))
    return {"picture_ms": statistics.median(times)}


def transformers(args):
    script = Path(__file__).with_name("transformers_bench.py")
    out = run(args.python, script, args.peers / "models/smolvlm", args.threads, PROMPT, GENERATE, 3)
    return json.loads(out.strip().splitlines()[-1])


def rounds(args):
    """Medians by side and measure."""
    models = args.peers / "models"
    sides = {
        "Sightglass, Q4_1 as 4 bit": lambda: sightglass(args.sightglass, models / "q4_1", args.threads),
        **{f"llama.cpp {n}": lambda n=n: llama(args.peers, n, args.threads) for n in ["q4_1", "q4_0", "q8_0", "f16"]},
        "Sightglass, picture": lambda: sightglass(args.sightglass, models / "smolvlm", args.threads, picture=True),
        "llama.cpp, picture": lambda: llama_picture(args.peers, args.threads),
        "transformers f32": lambda: transformers(args),
    }
    seen = {}
    for i in range(args.rounds):
        for side, measure in sides.items():
            print(f"round {i + 1} of {args.rounds}: {side}", file=sys.stderr)
            for what, value in measure().items():
                seen.setdefault(side, {}).setdefault(what, []).append(value)
    return {side: {w: statistics.median(v) for w, v in measures.items()} for side, measures in seen.items()}


def table(got):
    ours = got["Sightglass, Q4_1 as 4 bit"]
    lines = [
        f"| SmolLM2-135M | {PROMPT}-token prompt, tokens/s | Sightglass is | {GENERATE} generated, tokens/s | Sightglass is |",
        "|---|--:|--:|--:|--:|",
    ]
    for side, m in got.items():
        if "pp" in m:
            lines.append(f"| {side} | {m['pp']:.0f} | {ours['pp'] / m['pp']:.2f}x | {m['tg']:.1f} | {ours['tg'] / m['tg']:.2f}x |")
    mine = got["Sightglass, picture"]["picture_ms"]
    lines += ["", "| SmolVLM-256M's shape, one 512x512 tile | ms | Sightglass is |", "|---|--:|--:|"]
    for side, m in got.items():
        if "picture_ms" in m:
            lines.append(f"| {side} | {m['picture_ms']:.0f} | {m['picture_ms'] / mine:.2f}x |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peers", type=Path, required=True)
    parser.add_argument("--sightglass", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    print(table(rounds(parser.parse_args())))


if __name__ == "__main__":
    main()
