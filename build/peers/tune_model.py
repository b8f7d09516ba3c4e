#!/usr/bin/env python3
"""Writes a model of SmolLM2-135M's shape with random weights, and an example to train it on.

usage: tune_model.py TOKENIZER_FOLDER OUT WORDS

Speed does not depend on the weights' values. The tokenizer is taken from TOKENIZER_FOLDER; the answer has WORDS words of one token each.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM

source, out, words = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(0)
config = json.loads((source / "config.json").read_text())["text_config"]
LlamaForCausalLM(LlamaConfig(**config)).to(torch.float32).save_pretrained(out)
for name in ["tokenizer.json", "tokenizer_config.json"]:
    shutil.copy(source / name, out / name)
# As the built-in model's template, without the pictures that this model does not see.
(out / "chat_template.jinja").write_text(
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
(out / "train.jsonl").write_text(json.dumps({"question": "Say it.", "answer": " ".join(["the"] * words)}) + "\n")
