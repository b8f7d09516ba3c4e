"""Writes engine/op/testdata: small inputs of ops, what PyTorch and MLX make of them, and PyTorch's gradients.

Each <name>.json holds "args", "in" and "out" (and for gradients "dy" and "grads", one for each float input), tensors as {"type", "shape", "data"}.

Usage: python -P build/golden/op.py       (needs: pip install torch==2.15.0 transformers==5.23.0)
       python -P build/golden/op.py mlx   (needs: pip install "mlx[cpu]==0.32.4")
"""
import json
import pathlib
import sys

OUT = pathlib.Path(__file__).parents[2] / "engine/op/testdata"


def write(name, golden):
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(golden) + "\n")


def pytorch():
    import torch
    import torch.nn.functional as F
    from transformers.models.gptj.modeling_gptj import apply_rotary_pos_emb as gptj_rope
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb as llama_rope

    gen = torch.Generator().manual_seed(7)
    rand = lambda *shape: torch.randn(*shape, generator=gen)
    ints = lambda *v: torch.tensor(v, dtype=torch.int32)

    def tensor(x):
        kind = "i32" if x.dtype == torch.int32 else "f32"
        return {"type": kind, "shape": list(x.shape), "data": x.flatten().tolist()}

    def golden(name, f, inputs, **args):
        floats = [x.requires_grad_() for x in inputs if x.dtype == torch.float32]
        y = f(*inputs)
        dy = rand(*y.shape)
        # An input that the result does not depend on (a constant table, say) has no gradient.
        grads = torch.autograd.grad(y, floats, dy, allow_unused=True)
        write(name, {"args": args, "in": [tensor(x.detach()) for x in inputs], "out": tensor(y.detach()), "dy": tensor(dy),
                     "grads": [None if g is None else tensor(g) for g in grads]})

    golden("layernorm", lambda x, w, b: F.layer_norm(x, (6,), w, b, 1e-3), [rand(3, 6) * 2 + 1, rand(6), rand(6)], eps=1e-3)
    golden("rmsnorm", lambda x, w: F.rms_norm(x, (6,), w, 1e-3), [rand(3, 6) * 2, rand(6)], eps=1e-3)
    wide = torch.cat([rand(9) * 3, torch.tensor([0.0, -8.0, 8.0])])
    golden("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), [wide.clone()])
    golden("gelu_erf", lambda x: F.gelu(x), [wide.clone()])
    golden("silu", lambda x: F.silu(x), [wide.clone()])
    golden("softmax", lambda x: F.softmax(x, -1), [rand(3, 5) * 4])
    golden("logsumexp", lambda x: torch.logsumexp(x, -1), [rand(3, 5) * 4 + 100])
    golden("linear", lambda x, w, b: F.linear(x, w, b), [rand(2, 3, 4), rand(5, 4), rand(5)])
    golden("embedding", lambda ids, w: F.embedding(ids.long(), w), [ints(3, 0, 3, 1), rand(5, 4)])

    # Rotary embedding of 3 rows, 2 heads of 8 channels: all of them by Llama's code, the first 6 in pairs (2i, 2i+1) by GPT-J's.
    pos, heads = ints(0, 5, 1000), rand(3, 2, 8)
    freqs = lambda r: 10000.0 ** (-torch.arange(0, r, 2) / r)

    def llama(x, pos, freqs):
        angles = (pos[:, None].double() * freqs.detach().double()).repeat(1, 2)
        y, _ = llama_rope(x.transpose(0, 1)[None], x.transpose(0, 1)[None], angles.cos().float()[None], angles.sin().float()[None])
        return y[0].transpose(0, 1)

    def gptj(x, pos, freqs):
        angles = pos[:, None].double() * freqs.detach().double()
        y = gptj_rope(x[None, ..., :6], angles.sin().float()[None], angles.cos().float()[None])[0]
        return torch.cat([y, x[..., 6:]], -1)

    golden("rope", llama, [heads.clone(), pos, freqs(8)], interleaved=0)
    golden("rope_interleaved", gptj, [heads.clone(), pos, freqs(6)], interleaved=1)

    # Attention of 6 rows over 2 sequences of 5 positions; row 3 is padding, and 4 query heads share 2 key heads.
    def attention(q, k, v, seq, span):
        rows, (ends, begins) = [], span.tolist() if span.dim() == 2 else (span.tolist(), [0] * len(seq))
        for i, (s, lo, n) in enumerate(zip(seq.tolist(), begins, ends)):
            if s < 0:
                rows.append(torch.zeros_like(q[i]))
                continue
            keys, values = (x[s, lo:n].transpose(0, 1)[None] for x in (k, v))
            rows.append(F.scaled_dot_product_attention(q[i][None, :, None], keys, values, scale=0.4, enable_gqa=True)[0, :, 0])
        return torch.stack(rows)

    qkv = [rand(6, 4, 4), rand(2, 5, 2, 4), rand(2, 5, 2, 4)]
    seqs, ends = ints(0, 0, 1, -1, 1, 0), ints(1, 2, 5, 3, 4, 5)
    golden("attention", attention, [x.clone() for x in qkv] + [seqs, ends], scale=0.4)
    golden("attention_window", attention, [x.clone() for x in qkv] + [seqs, torch.stack([ends, ints(0, 0, 3, 1, 2, 3)])], scale=0.4)


def mlx():
    import mlx.core as mx

    mx.random.seed(7)

    def tensor(x):
        kind = {mx.uint32: "u32", mx.float16: "f16"}.get(x.dtype, "f32")
        return {"type": kind, "shape": list(x.shape), "data": x.flatten().tolist()}

    for bits in (4, 8):
        for group in (32, 64):
            w = mx.random.normal((3, 128)).astype(mx.float16)
            packed = mx.quantize(w, group, bits)
            x = mx.random.normal((2, 128))
            y = mx.quantized_matmul(x, packed[0], *(p.astype(mx.float32) for p in packed[1:]), transpose=True, group_size=group, bits=bits)
            out = mx.dequantize(packed[0], *(p.astype(mx.float32) for p in packed[1:]), group_size=group, bits=bits)
            args = {"bits": bits, "group": group}
            write(f"dequantize_{bits}_{group}", {"args": args, "in": [tensor(p) for p in packed], "out": tensor(out)})
            write(f"qlinear_{bits}_{group}", {"args": args, "in": [tensor(x)] + [tensor(p) for p in packed], "out": tensor(y)})


if __name__ == "__main__":
    mlx() if sys.argv[1:] == ["mlx"] else pytorch()
