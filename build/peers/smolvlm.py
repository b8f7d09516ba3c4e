#!/usr/bin/env python3
"""Writes a model of SmolVLM-256M's shape with random weights, and a 512x512 picture.

usage: smolvlm.py TOKENIZER_FOLDER OUT

Speed does not depend on the weights' values, and the real ones are in no package registry. The language half has
SmolLM2-135M's shape, and the tokenizer is taken from TOKENIZER_FOLDER.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import Idefics3Config, Idefics3ForConditionalGeneration

source, out = Path(sys.argv[1]), Path(sys.argv[2])
torch.manual_seed(0)

config = json.loads((source / "config.json").read_text())
config.pop("quantization", None)
# config.json of HuggingFaceTB/SmolVLM-256M-Instruct.
config["scale_factor"] = 4
config["vision_config"].update(
    hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, image_size=512, patch_size=16
)
model = Idefics3ForConditionalGeneration(Idefics3Config(**config)).to(torch.bfloat16)  # as it was published
model.save_pretrained(out)

for name in ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "processor_config.json"]:
    shutil.copy(source / name, out / name)
preprocessor = json.loads((source / "preprocessor_config.json").read_text())
preprocessor["do_image_splitting"] = False  # one tile, so that every side encodes the same
preprocessor["size"] = {"longest_edge": 512}
preprocessor["max_image_size"] = {"longest_edge": 512}
(out / "preprocessor_config.json").write_text(json.dumps(preprocessor, indent=1))

pixels = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
Image.fromarray(pixels).save(out / "picture.png")
