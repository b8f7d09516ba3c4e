"""Pack the built-in model: the language weights of a GGUF file, a trained vision tower and its LoRA.

usage: builtin.py SMOLLM2.gguf vision_lora.safetensors OUT_DIR WORK_DIR

Writes OUT_DIR/model (Hugging Face layout, MLX affine quantization), OUT_DIR/adapter (PEFT layout) and
OUT_DIR/testdata/dequantized.sha256, the hash of each tensor's values in f32. The language weights keep the values of the GGUF
to the bit, which this script proves; the tower is rounded to 8 bits. WORK_DIR/merged-bf16 gets the unquantized, merged checkpoint.
"""
import hashlib, json, os, re, shutil, subprocess, sys
import mlx.core as mx
import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.numpy import load_file, save_file
from safetensors.torch import load_file as load_torch, save_file as save_torch

HERE = os.path.dirname(os.path.abspath(__file__))
GROUP = 32                # values in a Q4_1 or Q8_0 block
TOWER_GROUP = 64          # MLX's default
FIRST_SHARD_LAYERS = 8    # of 30: with the embedding about half of the language weights

GGUF_MODULES = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
                "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}


def text_name(name):
    """The Hugging Face stem of a GGUF tensor."""
    if name == "token_embd.weight": return "model.text_model.embed_tokens"
    if name == "output_norm.weight": return "model.text_model.norm"
    _, layer, module, _ = name.split(".")
    return f"model.text_model.layers.{layer}.{GGUF_MODULES[module]}"


def unpermute(rows, heads):
    """Undo llama.cpp's order of the rows of q and k: interleaved rope to rotate-half."""
    half = rows.shape[0] // heads // 2
    return rows.reshape(heads, half, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def pack(q, bits):
    """Values [out, in] of `bits` bits as little-endian u32 words, first value lowest."""
    per = 32 // bits
    q = q.astype(np.uint32).reshape(q.shape[0], -1, per)
    return np.bitwise_or.reduce(q << (np.arange(per, dtype=np.uint32) * bits), axis=2)


def unpack(words, bits):
    shifts = np.arange(32 // bits, dtype=np.uint32) * bits
    return ((words[:, :, None] >> shifts) & ((1 << bits) - 1)).reshape(words.shape[0], -1)


def affine(tensors, stem):
    """The f32 values of a tensor, dequantized as the engine does it."""
    w = tensors[stem + ".weight"]
    if stem + ".scales" not in tensors: return w.astype(np.float32)
    scales, biases = (tensors[stem + s].astype(np.float32)[:, :, None] for s in (".scales", ".biases"))
    bits = 4 if stem.startswith("model.text_model.layers") else 8
    q = unpack(w, bits).astype(np.float32).reshape(w.shape[0], scales.shape[1], -1)
    return (scales * q + biases).reshape(w.shape[0], -1)


def repack(blocks, kind):
    """Affine words, scales and biases with the values of Q4_1 or Q8_0 blocks [out, groups, block bytes]."""
    half = lambda b: np.ascontiguousarray(b).view(np.float16)[..., 0]
    if kind == "Q4_1":    # d, m, then value j in the low and j+16 in the high half of byte j
        q = np.concatenate([blocks[..., 4:] & 15, blocks[..., 4:] >> 4], axis=-1)
        return pack(q.reshape(len(q), -1), 4), half(blocks[..., 0:2]), half(blocks[..., 2:4])
    if kind == "Q8_0":    # d, then signed bytes: d*q = d*(q+128) - 128*d
        q, d = blocks[..., 2:].view(np.int8).astype(np.int32) + 128, half(blocks[..., 0:2])
        return pack(q.reshape(len(q), -1), 8), d, (d.astype(np.float32) * -128).astype(np.float16)
    raise SystemExit(f"no repacking of {kind}")


def language(path):
    """All language tensors in affine form, each proved equal to llama.cpp's dequantization."""
    reader, out = GGUFReader(path), {}
    heads = {k: int(reader.fields[f"llama.attention.{n}"].contents()) for k, n in (("attn_q", "head_count"), ("attn_k", "head_count_kv"))}
    worst, values = 0.0, 0
    for t in reader.tensors:
        shape, stem = [int(x) for x in reversed(t.shape)], text_name(t.name)
        want = dequantize(t.data, t.tensor_type).reshape(shape)
        order = np.arange(shape[0])
        for module, n in heads.items():
            if f".{module}." in t.name: order = unpermute(order, n)
        if t.tensor_type.name == "F32":
            out[stem + ".weight"] = np.array(t.data).astype(np.float16)
        else:
            blocks = np.array(t.data).view(np.uint8).reshape(shape[0], shape[1] // GROUP, -1)[order]
            for suffix, v in zip((".weight", ".scales", ".biases"), repack(blocks, t.tensor_type.name)): out[stem + suffix] = v
        got = affine(out, stem)
        worst, values = max(worst, float(np.abs(got - want[order]).max())), values + got.size
        assert np.array_equal(got, want[order]), t.name
    print(f"language: {len(reader.tensors)} tensors, {values} values, largest difference from the GGUF {worst}")
    return out


def quantize(w, bits, group):
    q = mx.quantize(mx.array(w.astype(np.float16)), group_size=group, bits=bits)
    return [np.array(v) for v in q]


def tower(merged):
    """The vision tower and the connector: linear layers in 8 bits, the rest in f16."""
    out = {}
    for name, v in merged.items():
        if "text_model" in name: continue
        stem, linear = name.removesuffix(".weight"), name.endswith("proj.weight") or re.search(r"fc\d\.weight$", name)
        if not linear:
            out[name] = v.float().numpy().astype(np.float16)
            continue
        for suffix, q in zip((".weight", ".scales", ".biases"), quantize(v.float().numpy(), 8, TOWER_GROUP)): out[stem + suffix] = q
    return out


def save(model, text, vision):
    """Three shards: the language weights in two that stay as they are when the tower is trained anew."""
    first = lambda k: "embed_tokens" in k or (m := re.search(r"layers\.(\d+)\.", k)) and int(m[1]) < FIRST_SHARD_LAYERS
    shards = [{k: v for k, v in text.items() if first(k)}, {k: v for k, v in text.items() if not first(k)}, vision]
    weight_map = {}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        save_file({k: np.ascontiguousarray(v) for k, v in shard.items()}, f"{model}/{file}", metadata={"format": "mlx"})
        weight_map |= dict.fromkeys(shard, file)
        print(f"{file}: {os.path.getsize(f'{model}/{file}') / 1e6:.1f} MB")
    size = sum(v.nbytes for s in shards for v in s.values())
    json.dump({"metadata": {"total_size": size}, "weight_map": dict(sorted(weight_map.items()))},
              open(f"{model}/model.safetensors.index.json", "w"), indent=1)


def config(merged, model, vision):
    """config.json as export.py writes it, with MLX's "quantization". Overrides go by MLX module paths: no leading "model."."""
    c = json.load(open(f"{merged}/config.json"))
    c["torch_dtype"] = c["text_config"]["torch_dtype"] = "float16"
    c["quantization"] = {"group_size": GROUP, "bits": 4, "mode": "affine", "language_model.embed_tokens": {"group_size": GROUP, "bits": 8}}
    for name in sorted(vision):
        if name.endswith(".scales"):
            c["quantization"][name.removeprefix("model.").removesuffix(".scales")] = {"group_size": TOWER_GROUP, "bits": 8}
    json.dump(c, open(f"{model}/config.json", "w"), indent=1)


def adapter(trained, out):
    os.makedirs(out, exist_ok=True)
    lora = {}
    for name, v in load_torch(trained).items():
        if m := re.fullmatch(r"lm\.model\.(.*)\.([ab])", name):
            lora[f"base_model.model.model.text_model.{m[1]}.lora_{m[2].upper()}.weight"] = v.contiguous()
    save_torch(lora, f"{out}/adapter_model.safetensors", metadata={"format": "pt"})
    json.dump({"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "", "inference_mode": True, "pictures_only": True, "r": 32, "lora_alpha": 32,
               "lora_dropout": 0.0, "bias": "none", "use_rslora": False, "use_dora": False, "fan_in_fan_out": False, "modules_to_save": None,
               "target_modules": ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
               "exclude_modules": r"model\.vision_model\..*"}, open(f"{out}/adapter_config.json", "w"), indent=1)
    print(f"adapter: {len(lora)} tensors, {os.path.getsize(f'{out}/adapter_model.safetensors') / 1e6:.1f} MB")


def main(gguf, trained, out, work):
    merged, model = f"{work}/merged-bf16", f"{out}/model"
    for d in (model, f"{out}/testdata"): os.makedirs(d, exist_ok=True)
    subprocess.run([sys.executable, f"{HERE}/gguf_to_hf.py", gguf, f"{work}/smollm2-bf16", "bf16"], check=True)
    subprocess.run([sys.executable, f"{HERE}/export.py", f"{work}/smollm2-bf16", trained, merged], check=True)
    full = load_torch(f"{merged}/model.safetensors")
    text, vision = language(gguf), tower(full)
    stems = sorted(k.removesuffix(".weight") for k in vision if k.endswith(".weight"))
    worst = max((float(np.abs(affine(vision, s) - full[s + ".weight"].float().numpy()).max()), s) for s in stems)
    print(f"tower: {len(vision)} tensors, largest difference from bf16 {worst[0]:.6f} in {worst[1]}")
    save(model, text, vision)
    config(merged, model, vision)
    for f in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja", "preprocessor_config.json", "processor_config.json", "generation_config.json"):
        shutil.copyfile(f"{merged}/{f}", f"{model}/{f}")
    adapter(trained, f"{out}/adapter")
    both = text | vision
    with open(f"{out}/testdata/dequantized.sha256", "w") as f:
        for name in sorted(both):
            if name.endswith((".scales", ".biases")): continue
            v = affine(both, name.removesuffix(".weight")) if name.endswith(".weight") else both[name].astype(np.float32)
            f.write(f"{hashlib.sha256(np.ascontiguousarray(v, '<f4').tobytes()).hexdigest()}  {name}\n")
    shutil.copyfile(f"{HERE}/SMOLLM2_LICENSE", f"{model}/LICENSE")


if __name__ == "__main__":
    main(*sys.argv[1:])
