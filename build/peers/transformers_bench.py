#!/usr/bin/env python3
"""Times transformers in f32: prompt and generation in tokens/s, one picture in ms. Prints one JSON object.

usage: transformers_bench.py MODEL_FOLDER THREADS PROMPT GENERATE RUNS
"""

import json
import statistics
import sys
import time

import torch
from transformers import AutoModelForImageTextToText

folder = sys.argv[1]
threads, prompt, generate, runs = map(int, sys.argv[2:])
torch.set_num_threads(threads)
model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
ids = torch.randint(100, 40000, (1, prompt), generator=torch.Generator().manual_seed(0))
pixels = torch.rand(1, 1, 3, 512, 512, generator=torch.Generator().manual_seed(0))  # zeros would count as padding


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def generation():
    """Seconds of single steps after a prompt of one token."""
    out = model(input_ids=ids[:, :1], use_cache=True)
    start = time.perf_counter()
    for _ in range(generate):
        token = out.logits[:, -1:].argmax(-1)
        out = model(input_ids=token, past_key_values=out.past_key_values, use_cache=True)
    return time.perf_counter() - start


def median(measure):
    measure()  # warm
    return statistics.median(measure() for _ in range(runs))


with torch.inference_mode():
    result = {
        "pp": prompt / median(lambda: seconds(lambda: model(input_ids=ids, logits_to_keep=1, use_cache=True))),
        "tg": generate / median(generation),
        "picture_ms": 1e3 * median(lambda: seconds(lambda: model.model.get_image_features(pixels))),
    }
print(json.dumps(result))
