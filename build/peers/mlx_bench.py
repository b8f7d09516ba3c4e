#!/usr/bin/env python3
"""Times mlx-vlm on the CPU: prompt and generation in tokens/s, one picture in ms. Prints one JSON object.

usage: mlx_bench.py MODEL_FOLDER PROMPT GENERATE SIDE       (SIDE: pixels of the square picture; needs mlx-vlm)

MLX chooses its threads itself.
"""

import json
import resource
import sys
import time
from pathlib import Path

import mlx.core as mx
from mlx_vlm.models.cache import make_prompt_cache
from mlx_vlm.utils import load_model

folder = Path(sys.argv[1])
prompt, generate, side = map(int, sys.argv[2:])
model = load_model(folder)
kind = json.loads((folder / "config.json").read_text())["model_type"]


def picture():
    if kind == "qwen2_vl":
        n = side // 14
        return model.vision_tower(mx.random.normal((n * n, 3 * 2 * 14 * 14)), mx.array([[1, n, n]]))
    if kind == "idefics3":
        pixels = mx.random.normal((1, side, side, 3))
        return model.connector(model.vision_model(pixels, output_hidden_states=True)[0])
    return model.multi_modal_projector(model.vision_tower(mx.random.normal((1, side, side, 3)), output_hidden_states=True)[-1][-2][:, 1:])


def timed(work):
    start = time.perf_counter()
    mx.eval(work())
    return time.perf_counter() - start


def written():
    cache = make_prompt_cache(model.language_model)
    token = mx.array([[1]])
    for _ in range(generate):
        token = model.language_model(token, cache=cache).logits[:, -1:].argmax(-1)
        mx.eval(token)
    return token


ids = mx.array([[(100 + 7 * i) % 30000 for i in range(prompt)]])
result = {
    "picture_ms": 1e3 * timed(picture),
    "tg": generate / timed(written),
    "pp": prompt / timed(lambda: model.language_model(ids, cache=make_prompt_cache(model.language_model)).logits[:, -1]),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}
print(json.dumps(result))
