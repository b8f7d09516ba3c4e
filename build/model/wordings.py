"""Teaches the adapter more wordings, on a CPU: many first questions about a picture side by side, each of which sees the picture and itself
alone, so that a picture is read once for all of them. The tower stays as it is.

usage: wordings.py MODEL_DIR STATE OUT_STATE STEPS SEED [SHARE]    (MODEL_DIR, STATE and SCREENS_DATA as for train.py)

What was learnt is taken over to SHARE, all of it unless said otherwise. OUT_STATE is there after each ten steps.
"""
import math, random, sys, time
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
import kinds, network, prepare, train
from asking import is_of, reading

# More of the kinds that people ask most about, and some of all: what is not asked about is soon forgotten.
SHARES = kinds.SHARES | {"paragraph": .1, "dialog": .22, "form": .3, "table": .22}
READING = 2    # of the questions about a picture
TOKENS, QUESTIONS, ANSWER, RATE, WARM = 2700, 10, 90, 1.2e-4, 4    # of a step; about a picture; of an answer, in tokens, what is beyond is not asked for
LARGEST = 600    # pixels of a picture's longer edge: whole screens take too long here


def branches(r, tokens, turns):
    """The questions with their answers as tokens: two are requests to read, where there is something to be read."""
    text = next((a for q, a in turns if is_of(q, "read", "read code")), None)
    turns = [t for t in turns if not is_of(t[0], "read", "read code")]
    chosen = ([(reading(r), text) for _ in range(READING)] if text else []) + turns[:QUESTIONS - READING]
    for q, a in chosen:
        head, said = list(tokens.ids(q + "<|im_end|>\n<|im_start|>assistant\n")), tokens.spell(a) + tokens.ids("<|im_end|>")
        yield head, said[:ANSWER], len(said) ** -.5


def step(r, tokens):
    """Pictures with their questions end to end: ids, positions, who sees whom, tiles, and where answers stand, what they are and weigh."""
    ids, pos, sees, tiles, at, target, weight = [], [], [], [], [], [], []
    while len(ids) < TOKENS:
        page, turns, _ = kinds.draw(r, r.choices(list(SHARES), list(SHARES.values()))[0])
        r.shuffle(turns)
        if max(page.image.size) > LARGEST or not turns: continue
        view, _, cols, rows = prepare.tiles(prepare.spoil(r, page.image))
        tiles.append(torch.from_numpy(view))
        before = list(tokens.ids("<|im_start|>user\n")) + tokens.look(cols, rows)
        start, branch = len(ids), [0] * len(before)
        ids += before; pos += range(len(before))
        for n, (head, said, w) in enumerate(branches(r, tokens, turns), 1):
            at += range(len(ids) + len(head) - 1, len(ids) + len(head) + len(said) - 1)
            target += said; weight += [w] * len(said)
            ids += head + said; pos += range(len(before), len(before) + len(head) + len(said))
            branch += [n] * (len(head) + len(said))
        b, i = torch.tensor(branch), torch.arange(len(branch))
        sees.append((start, len(ids), (i[:, None] >= i) & ((b == 0) | (b[:, None] == b))))
    return torch.tensor(ids), torch.tensor(pos), sees, torch.cat(tiles), torch.tensor(at), torch.tensor(target), torch.tensor(weight)


def attend(q, k, v, sees):
    """Attention of each picture's tokens among themselves; `sees` has where they begin and end, and who sees whom."""
    return torch.cat([F.scaled_dot_product_attention(*(t[s:e].transpose(0, 1)[None] for t in (q, k, v)), attn_mask=m, enable_gqa=True)[0].transpose(0, 1) for s, e, m in sees])


def save(net, first, share, out):
    learnt = {k: p.detach().clone() for k, p in net.p.items()}
    with torch.no_grad():
        for k, p in net.p.items(): p.copy_(first[k].lerp(p, share))
        train.save(net, out)
        for k, p in net.p.items(): p.copy_(learnt[k])


def main():
    model, state, out, steps, seed, share = (sys.argv[1:] + ["1"])[:6]
    r, tokens, steps, begin = random.Random(f"wordings {seed}"), prepare.Tokens(f"{model}/tokenizer.json"), int(steps), time.time()
    network.bf16, network.attend = torch.float32, attend    # f32 is faster on a CPU
    net = network.Network(train.frozen(model), train.start(load_file(state)), "cpu", False)
    first = {k: p.detach().clone() for k, p in net.p.items()}
    lora = [p for k, p in net.p.items() if k.startswith("lm.")]
    for k, p in net.p.items(): p.requires_grad_(k.startswith("lm."))
    opt = torch.optim.AdamW(lora, lr=RATE, betas=(.9, .95), weight_decay=0)
    for n in range(steps):
        opt.param_groups[0]["lr"] = RATE * min(1, (n + 1) / WARM) * .5 * (1 + math.cos(math.pi * n / steps))
        ids, pos, sees, tiles, at, target, weight = step(r, tokens)
        with torch.no_grad(): f = net.see(tiles)
        h = net.read(ids, pos, sees, f)[at]
        loss = (F.cross_entropy(net.logits(h), target, reduction="none") * weight).sum() / weight.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(lora, 1.0)
        opt.step(); opt.zero_grad()
        print(f"{time.time() - begin:7.1f} step {n + 1} of {steps}: loss {loss.item():.4f}, {len(ids)} tokens, {len(sees)} pictures, {len(target)} answer tokens", flush=True)
        if (n + 1) % 10 == 0 or n + 1 == steps: save(net, first, float(share), out)


if __name__ == "__main__": main()
