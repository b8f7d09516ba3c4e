"""The model as it is trained: functions over plain tensors, so that one compiled block serves all layers. All pictures' tokens of a step
lie end to end in one row; `bounds` holds where each conversation begins."""
import inspect
import torch
import torch.nn.functional as F

WIDTH, LAYERS, HEADS, MLP = 384, 12, 6, 1536                      # the tower
TEXT, TEXT_LAYERS, Q, KV, HEAD, TEXT_MLP = 576, 30, 9, 3, 64, 1536    # SmolLM2-135M
RANK, CLASSES, CELLS = 32, 95, (2, 4)                             # cells in a patch, down and across
LONGEST = 3584    # tokens of a conversation; attention leaves undefined what lies beyond
MODULES = {"self_attn.q_proj": (Q * HEAD, TEXT), "self_attn.k_proj": (KV * HEAD, TEXT), "self_attn.v_proj": (KV * HEAD, TEXT), "self_attn.o_proj": (TEXT, Q * HEAD),
           "mlp.gate_proj": (TEXT_MLP, TEXT), "mlp.up_proj": (TEXT_MLP, TEXT), "mlp.down_proj": (TEXT, TEXT_MLP)}
bf16 = torch.bfloat16


def shapes():
    """Names and shapes of everything trained, as in vision_lora.safetensors."""
    s = {"vision.patch_embedding.weight": (WIDTH, 3, 16, 16), "vision.patch_embedding.bias": (WIDTH,), "vision.position_embedding.weight": (1024, WIDTH),
         "vision.post_layernorm.weight": (WIDTH,), "vision.post_layernorm.bias": (WIDTH,)}
    for i in range(LAYERS):
        p = f"vision.layers.{i}."
        for n in ("layer_norm1", "layer_norm2"): s |= {f"{p}{n}.weight": (WIDTH,), f"{p}{n}.bias": (WIDTH,)}
        for n in "qkv": s |= {f"{p}self_attn.{n}_proj.weight": (WIDTH, WIDTH), f"{p}self_attn.{n}_proj.bias": (WIDTH,)}
        s |= {f"{p}self_attn.out_proj.weight": (WIDTH, WIDTH), f"{p}self_attn.out_proj.bias": (WIDTH,), f"{p}mlp.fc1.weight": (MLP, WIDTH), f"{p}mlp.fc1.bias": (MLP,),
              f"{p}mlp.fc2.weight": (WIDTH, MLP), f"{p}mlp.fc2.bias": (WIDTH,)}
    s |= {"proj.weight": (TEXT, 4 * WIDTH), "chars.weight": (CELLS[0] * CELLS[1] * CLASSES, WIDTH), "chars.bias": (CELLS[0] * CELLS[1] * CLASSES,)}
    for i in range(TEXT_LAYERS):
        for m, (o, n) in MODULES.items(): s |= {f"lm.model.layers.{i}.{m}.a": (RANK, n), f"lm.model.layers.{i}.{m}.b": (o, RANK)}
    return s


def linear(x, w, b=None):
    return F.linear(x, w.to(bf16), None if b is None else b.to(bf16))


def norm(x, w, b):
    return F.layer_norm(x.float(), (WIDTH,), w, b, 1e-6).to(bf16)


def block(x, n1w, n1b, n2w, n2b, qw, qb, kw, kb, vw, vb, ow, ob, f1w, f1b, f2w, f2b):
    B, N, C = x.shape
    h = norm(x, n1w, n1b)
    qkv = linear(h, torch.cat([qw, kw, vw]), torch.cat([qb, kb, vb])).view(B, N, 3, HEADS, C // HEADS).permute(2, 0, 3, 1, 4)
    x = x + linear(F.scaled_dot_product_attention(*qkv.unbind(0)).transpose(1, 2).reshape(B, N, C), ow, ob)
    return x + linear(F.gelu(linear(norm(x, n2w, n2b), f1w, f1b), approximate="tanh"), f2w, f2b)


def block_names(i):
    p = f"vision.layers.{i}."
    return [f"{p}{n}.{k}" for n in ("layer_norm1", "layer_norm2", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2") for k in ("weight", "bias")]


def patches(pixels, w, b, pos):
    """uint8 [B, 512, 512, 3] to [B, 1024, WIDTH]: the convolution of stride 16 as one product."""
    B = pixels.shape[0]
    x = (pixels.to(bf16) / 127.5 - 1).view(B, 32, 16, 32, 16, 3).permute(0, 1, 3, 5, 2, 4).reshape(B, 1024, 768)
    return linear(x, w.view(WIDTH, 768), b) + pos.to(bf16)


def shuffle(x):
    """Idefics3's pixel shuffle by 2."""
    B, N, C = x.shape
    x = x.view(B, 32, 16, C * 2).permute(0, 2, 1, 3).reshape(B, 16, 16, C * 4)
    return x.permute(0, 2, 1, 3).reshape(B, N // 4, C * 4)


def rms(x, w):
    f = x.float()
    return (f * torch.rsqrt(f.pow(2).mean(-1, keepdim=True) + 1e-5)).to(bf16) * w


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def rope(pos):
    a = pos.float()[:, None] / 100000.0 ** (torch.arange(0, HEAD, 2, device=pos.device).float() / HEAD)
    a = torch.cat([a, a], -1)[:, None]
    return a.cos().to(bf16), a.sin().to(bf16)


def attend(q, k, v, bounds):
    if not q.is_cuda:    # for tests
        ends = bounds.tolist()
        parts = [F.scaled_dot_product_attention(*(t[s:e].transpose(0, 1)[None] for t in (q, k, v)), is_causal=True, enable_gqa=True)[0].transpose(0, 1) for s, e in zip(ends, ends[1:]) if e > s]
        return torch.cat(parts)
    from torch.nn.attention.varlen import varlen_attn
    k, v = k.repeat_interleave(Q // KV, 1), v.repeat_interleave(Q // KV, 1)
    causal = {"is_causal": True} if "is_causal" in inspect.signature(varlen_attn).parameters else {"window_size": (-1, 0)}
    return varlen_attn(q, k, v, bounds, bounds, LONGEST, LONGEST, **causal)


def decoder(x, cos, sin, bounds, n1, n2, wqkv, wo, wgu, wd, qa, qb, ka, kb, va, vb, oa, ob, ga, gb, ua, ub, da, db):
    T = x.shape[0]
    low = lambda h, *a: F.linear(h, torch.cat(a).to(bf16)).split(RANK, -1)
    up = lambda y, l, *b: y + torch.cat([F.linear(u, w.to(bf16)) for u, w in zip(l, b)], -1)
    h = rms(x, n1)
    qkv = up(F.linear(h, wqkv), low(h, qa, ka, va), qb, kb, vb)
    q, k, v = (t.view(T, -1, HEAD) for t in qkv.split([Q * HEAD, KV * HEAD, KV * HEAD], -1))
    o = attend(rotate(q, cos, sin).contiguous(), rotate(k, cos, sin).contiguous(), v.contiguous(), bounds).reshape(T, -1)
    x = x + up(F.linear(o, wo), low(o, oa), ob)
    h = rms(x, n2)
    g, u = up(F.linear(h, wgu), low(h, ga, ua), gb, ub).split(TEXT_MLP, -1)
    m = F.silu(g) * u
    return x + up(F.linear(m, wd), low(m, da), db)


class Network:
    """frozen: the language model's tensors by Hugging Face name; trained: by the names of shapes()."""

    def __init__(self, frozen, trained, device, compiled):
        self.p = {k: v.to(device, torch.float32).requires_grad_() for k, v in trained.items()}
        f = {k: v.to(device, bf16) for k, v in frozen.items()}
        self.embedding, self.last = f["model.embed_tokens.weight"], f["model.norm.weight"]
        L = lambda i, n: f[f"model.layers.{i}.{n}.weight"]
        self.layers = [(L(i, "input_layernorm"), L(i, "post_attention_layernorm"), torch.cat([L(i, f"self_attn.{n}_proj") for n in "qkv"]), L(i, "self_attn.o_proj"),
                        torch.cat([L(i, "mlp.gate_proj"), L(i, "mlp.up_proj")]), L(i, "mlp.down_proj")) for i in range(TEXT_LAYERS)]
        self.lora = [[self.p[f"lm.model.layers.{i}.{m}.{x}"] for m in MODULES for x in "ab"] for i in range(TEXT_LAYERS)]
        self.blocks = [[self.p[n] for n in block_names(i)] for i in range(LAYERS)]
        self.compile = (lambda f: torch.compile(f, dynamic=False)) if compiled else (lambda f: f)
        self.block, self.decoder, self.patches = self.compile(block), self.compile(decoder), self.compile(patches)

    def see(self, pixels):
        p = self.p
        x = self.patches(pixels, p["vision.patch_embedding.weight"], p["vision.patch_embedding.bias"], p["vision.position_embedding.weight"])
        for b in self.blocks: x = self.block(x, *b)
        return norm(x, p["vision.post_layernorm.weight"], p["vision.post_layernorm.bias"])

    def read(self, ids, pos, bounds, features):
        """Hidden states [T, TEXT]; features are put where ids is <image>."""
        x = F.embedding(ids, self.embedding)
        rows = linear(shuffle(features), self.p["proj.weight"]).reshape(-1, TEXT)
        at = (ids == 3).nonzero()[:, 0]
        x = x.index_copy(0, at, rows[:at.shape[0]])
        cos, sin = rope(pos)
        for frozen, lo in zip(self.layers, self.lora): x = self.decoder(x, cos, sin, bounds, *frozen, *lo)
        return rms(x, self.last)

    def logits(self, h):
        return F.linear(h, self.embedding).float()

    def chars(self, features, cells, count):
        """Cross entropy of the characters in the cells of `count` patches a tile, those with text first; and the share that is right."""
        B = features.shape[0]
        want = cells.view(B, 32, 2, 32, 4).permute(0, 1, 3, 2, 4).reshape(B, 1024, 8)
        pick = (torch.rand(B, 1024, device=cells.device) + (want > 0).any(-1)).topk(count, 1).indices
        f = features.gather(1, pick[..., None].expand(-1, -1, WIDTH))
        want = want.gather(1, pick[..., None].expand(-1, -1, 8)).reshape(-1).long()
        out = linear(f, self.p["chars.weight"], self.p["chars.bias"]).view(-1, CLASSES)
        weight = torch.ones(CLASSES, device=out.device)
        weight[0] = .2
        text = want > 0
        right = ((out.argmax(-1) == want) & text).sum() / text.sum().clamp(min=1)
        return F.cross_entropy(out.float(), want, weight=weight), right
