#!/usr/bin/env python3
"""Trains LoRA adapters with Sightglass and with transformers and PEFT in turns, and prints a Markdown table of step times and peak memory.

Both learn the same number of tokens of an example of the same length, rank 8 on all linear layers, on the same model. A turn is a process of its
own; its first two steps, in which both plan and warm up, do not count. Each number is the median over all steps of all turns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

WARM = 2


def run(*command, **env):
    """The lines that a command prints as JSON; its errors end the comparison."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env={**os.environ, **env})
    if done.returncode != 0:
        sys.exit(f"{command[0]}: {done.stderr.strip()[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def sightglass(args, model, method):
    with tempfile.TemporaryDirectory() as home:
        steps = run(args.sightglass, "tune", "--data", args.models / "f32/train.jsonl", "--model", args.models / model, "--out", "x", "--json",
                    "--method", method, "--rank", 8, "--steps", WARM + args.steps, "--save-every", 1000, "--threads", args.threads,
                    SIGHTGLASS_HOME=home)
    return steps[0]["tokens"], [s["ms"] for s in steps[WARM:]], steps[-1]["peak_rss_bytes"]


def peer(args, tokens):
    script = Path(__file__).with_name("tune_peer.py")
    answers = tokens - 14  # all but the question
    got = run(args.python, script, args.models / "f32", args.threads, tokens, answers, WARM + args.steps)[0]
    return tokens, got["ms"][WARM:], got["peak"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--sightglass", type=Path, required=True)
    parser.add_argument("--python", type=Path, required=True)
    args = parser.parse_args()
    tokens = 512
    sides = {
        "transformers + peft, f32": lambda: peer(args, tokens),
        "Sightglass, f32": lambda: sightglass(args, "f32", "lora"),
        "Sightglass, QLoRA on 4 bits": lambda: sightglass(args, "q4", "qlora"),
    }
    times, peaks = {s: [] for s in sides}, {s: [] for s in sides}
    for i in range(args.rounds):
        for side, measure in sides.items():
            print(f"round {i + 1} of {args.rounds}: {side}", file=sys.stderr)
            seen, ms, peak = measure()
            if seen != tokens:
                sys.exit(f"{side}: want examples of {tokens} tokens, found {seen}")
            times[side] += ms
            peaks[side].append(peak)
    base, peak = statistics.median(times["transformers + peft, f32"]), statistics.median(peaks["transformers + peft, f32"])
    print(f"| SmolLM2-135M's shape, {tokens} tokens a step, rank 8 on all linear layers | s a step | of the peer's | peak, MB | of the peer's |")
    print("|---|--:|--:|--:|--:|")
    for side in sides:
        t, p = statistics.median(times[side]), statistics.median(peaks[side])
        print(f"| {side} | {t / 1e3:.2f} | {t / base:.2f} | {p / 1e6:.0f} | {p / peak:.2f} |")
    print(json.dumps({s: [round(t) for t in ms] for s, ms in times.items()}), file=sys.stderr)


if __name__ == "__main__":
    main()
