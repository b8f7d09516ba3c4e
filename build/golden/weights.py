"""Writes engine/weights/testdata: what MLX makes of quantizing, and a small GGUF file with the values that llama.cpp's own package reads from it.

quantize.safetensors holds <type>_<bits>_<group>.{input,weight,scales,biases}; tiny.gguf a llama of one layer in several types;
tiny.safetensors its dequantized values under Hugging Face's names, with the rows of q and k in Hugging Face's order.

Usage: python -P build/golden/weights.py     (needs: pip install "mlx[cpu]==0.32.4" gguf==0.19.0 numpy safetensors)
"""
import pathlib

import gguf
import mlx.core as mx
import numpy as np
from gguf.quants import dequantize, quantize
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parents[2] / "engine/weights/testdata"
rng = np.random.default_rng(7)


def rows():
    """Rows that take every branch of the rounding rule, then random ones."""
    n = 128
    special = [np.zeros(n), np.full(n, 0.75), np.full(n, -0.75), np.linspace(0, 1, n), np.linspace(-1, 0, n), np.linspace(-1, 1, n),
               np.where(np.arange(n) == 5, 40, 0.01), np.where(np.arange(n) == 5, -40, 0.01), np.full(n, 1e-8), np.linspace(-3e-8, 2e-8, n),
               np.linspace(5, 5.5, n), np.linspace(-5.5, -5, n)]
    return np.stack(special + [rng.standard_normal(n) * s for s in (1e-3, 0.02, 1, 30)]).astype(np.float32)


def quantized():
    out, w = {}, rows()
    for name, dtype in (("f32", mx.float32), ("f16", mx.float16), ("bf16", mx.bfloat16)):
        for bits in (4, 8):
            for group in (32, 64, 128):
                x = mx.array(w).astype(dtype)
                parts = mx.quantize(x, group_size=group, bits=bits)
                for part, v in zip(("input", "weight", "scales", "biases"), (x, *parts)):
                    out[f"{name}_{bits}_{group}.{part}"] = v
    mx.save_safetensors(str(OUT / "quantize.safetensors"), out)


def permute(w, heads):
    """The order of rows that llama.cpp's converter gives q and k."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def tiny():
    hidden, heads, kv, ff, vocab = 64, 4, 2, 96, 32
    w = gguf.GGUFWriter(str(OUT / "tiny.gguf"), "llama")
    w.add_block_count(1)
    w.add_context_length(128)
    w.add_embedding_length(hidden)
    w.add_feed_forward_length(ff)
    w.add_head_count(heads)
    w.add_head_count_kv(kv)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_freq_base(10000.0)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list([f"t{i}" for i in range(vocab)])
    w.add_token_types([3] * 3 + [1] * (vocab - 3))
    w.add_token_merges(["t 1", "t 2"])
    for add in (w.add_bos_token_id, w.add_eos_token_id, w.add_pad_token_id, w.add_unk_token_id): add(1)
    w.add_chat_template("{{ messages }}")
    Q = gguf.GGMLQuantizationType
    tensors = [("token_embd.weight", "model.embed_tokens.weight", (vocab, hidden), Q.Q8_0, 0),
               ("output_norm.weight", "model.norm.weight", (hidden,), Q.F32, 0),
               ("output.weight", "lm_head.weight", (vocab, hidden), Q.BF16, 0)]
    for name, hf, shape, kind, h in (("attn_norm", "input_layernorm", (hidden,), Q.F32, 0), ("ffn_norm", "post_attention_layernorm", (hidden,), Q.F32, 0),
                                     ("attn_q", "self_attn.q_proj", (hidden, hidden), Q.Q4_1, heads), ("attn_k", "self_attn.k_proj", (hidden // 2, hidden), Q.F16, kv),
                                     ("attn_v", "self_attn.v_proj", (hidden // 2, hidden), Q.Q4_0, 0), ("attn_output", "self_attn.o_proj", (hidden, hidden), Q.Q4_0, 0),
                                     ("ffn_gate", "mlp.gate_proj", (ff, hidden), Q.Q4_1, 0), ("ffn_up", "mlp.up_proj", (ff, hidden), Q.Q8_0, 0),
                                     ("ffn_down", "mlp.down_proj", (hidden, ff), Q.F16, 0)):
        tensors.append((f"blk.0.{name}.weight", f"model.layers.0.{hf}.weight", shape, kind, h))
    want = {}
    for name, hf, shape, kind, h in tensors:
        v = rng.standard_normal(shape).astype(np.float32)
        stored = quantize(permute(v, h) if h else v, kind)
        w.add_tensor(name, stored, raw_dtype=kind)
        back = dequantize(stored, kind).reshape(shape).astype(np.float32)
        if h: back = back.reshape(h, shape[0] // h // 2, 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
        want[hf] = np.ascontiguousarray(back)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    save_file(want, str(OUT / "tiny.safetensors"))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    quantized()
    tiny()
