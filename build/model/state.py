"""What training goes on from, out of the shipped files: the tower with the rounding of its 8 bits, the adapter as it was trained, and
chars.safetensors, the layer that tells characters, which only training needs.

usage: state.py BUILTIN_DIR STATE.safetensors
"""
import os, re, sys
import torch
from safetensors.numpy import load_file as load_numpy
from safetensors.torch import load_file, save_file
import builtin, network

folder, out = sys.argv[1:]
shipped = load_numpy(f"{folder}/model/model-00003-of-00003.safetensors")
state = load_file(f"{os.path.dirname(os.path.abspath(__file__))}/chars.safetensors")
for k in shipped:
    if k.endswith((".scales", ".biases")): continue
    v = builtin.affine(shipped, k.removesuffix(".weight")) if k.removesuffix("weight") + "scales" in shipped else shipped[k]
    name = "proj.weight" if "connector" in k else k.replace("model.vision_model.", "vision.").replace(".encoder.", ".").replace(".embeddings.", ".")
    state[name] = torch.from_numpy(v).to(torch.bfloat16)
for k, v in load_file(f"{folder}/adapter/adapter_model.safetensors").items():
    m = re.fullmatch(r"base_model\.model\.model\.text_model\.(.*)\.lora_([AB])\.weight", k)
    state[f"lm.model.{m[1]}.{m[2].lower()}"] = v
want = network.shapes()
assert state.keys() == want.keys(), sorted(state.keys() ^ want.keys())[:5]
save_file({k: v.view(want[k]).contiguous() for k, v in state.items()}, out)
