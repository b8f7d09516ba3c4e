#!/usr/bin/env python3
"""Times LoRA training steps of transformers and PEFT in f32. Prints one JSON object.

usage: tune_peer.py MODEL_FOLDER THREADS TOKENS ANSWERS STEPS

An example has TOKENS tokens, the last ANSWERS of which are learnt. Rank 8 on all linear layers of the decoder, AdamW, clipping at 1.
"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

folder = sys.argv[1]
threads, tokens, answers, steps = map(int, sys.argv[2:])
torch.set_num_threads(threads)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
layers = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=layers))
trained = [p for p in model.parameters() if p.requires_grad]
adam = torch.optim.AdamW(trained, lr=2e-4, weight_decay=0.0)
model.train()

ids = torch.randint(100, 40000, (1, tokens), generator=torch.Generator().manual_seed(0))
labels = ids.clone()
labels[:, : tokens - answers] = -100
times = []
for _ in range(steps):
    start = time.perf_counter()
    model(input_ids=ids, labels=labels, use_cache=False).loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    adam.step()
    adam.zero_grad()
    times.append(1e3 * (time.perf_counter() - start))
print(json.dumps({"ms": times, "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
