#!/usr/bin/env python3
"""Times transformers: prompt and generation in tokens/s, one picture in ms. Prints one JSON object.

usage: transformers_bench.py MODEL_FOLDER THREADS PROMPT GENERATE RUNS [TYPE [SIDE]]

TYPE is float32 unless told; SIDE is pixels of the square picture, 512 unless told.
"""

import json
import resource
import statistics
import sys
import time

import torch
from transformers import AutoModelForImageTextToText

folder = sys.argv[1]
threads, prompt, generate, runs = map(int, sys.argv[2:6])
dtype = getattr(torch, sys.argv[6] if len(sys.argv) > 6 else "float32")
side = int(sys.argv[7]) if len(sys.argv) > 7 else 512
torch.set_num_threads(threads)
model = AutoModelForImageTextToText.from_pretrained(folder, dtype=dtype).eval()
random = torch.Generator().manual_seed(0)
ids = torch.randint(100, 30000, (1, prompt), generator=random)
if model.config.model_type == "qwen2_vl":
    patches = side // 14
    picture = {"pixel_values": torch.rand(patches**2, 3 * 2 * 14 * 14, generator=random).to(dtype), "image_grid_thw": torch.tensor([[1, patches, patches]])}
else:
    several = (1,) if model.config.model_type == "idefics3" else ()
    picture = {"pixel_values": torch.rand(1, *several, 3, side, side, generator=random).to(dtype)}  # zeros would count as padding


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
    if runs > 1:
        measure()  # warm
    return statistics.median(measure() for _ in range(runs))


with torch.inference_mode():
    result = {
        "pp": prompt / median(lambda: seconds(lambda: model(input_ids=ids, logits_to_keep=1, use_cache=True))),
        "tg": generate / median(generation),
        "picture_ms": 1e3 * median(lambda: seconds(lambda: model.model.get_image_features(**picture))),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
print(json.dumps(result))
