"""From a drawn page to what the model reads: tiles as the app cuts them, tokens as its chat template writes them, and labels."""
import io, random
import numpy as np
from PIL import Image
import kinds, network, spelling
from asking import ask, lean, politely, question
from draw import CHARS
from grid import TILE, grid

ROWS, COLS = 64, 128               # cells of a tile in which the tower tells characters: 8 pixels high, 4 wide
IMAGE, FAKE, GLOBAL = 3, 4, 5      # ids of the control tokens; <row_r_col_c> is 6 + 3 (r-1) + c-1
TOKENS, TURNS = 256, 700           # of one tile; of the questions and answers about one picture
REMEMBERED = .12                   # share of the answers that are there as the app repeats them in later turns: not spelled


def tiles(image):
    """uint8 tiles [n, 512, 512, 3] in the order of the prompt, with each tile's box in the picture."""
    w, h = image.size
    cols, rows = grid(w, h)
    big = image.resize((cols * TILE, rows * TILE), Image.LANCZOS) if (w, h) != (cols * TILE, rows * TILE) else image
    a, out, places = np.asarray(big), [], []
    if cols * rows > 1:
        for r in range(rows):
            for c in range(cols):
                out.append(a[r * TILE:(r + 1) * TILE, c * TILE:(c + 1) * TILE])
                places.append((c * w / cols, r * h / rows, w / cols, h / rows))
        a = np.asarray(big.resize((TILE, TILE), Image.LANCZOS))
    return np.stack(out + [a]), places + [(0, 0, w, h)], cols, rows


def labels(boxes, places):
    """Which character has the middle of each cell, [n, ROWS, COLS]."""
    lab = np.zeros((len(places), ROWS, COLS), np.uint8)
    if not boxes: return lab
    b = np.array(boxes, np.float32)
    for i, (x, y, w, h) in enumerate(places):
        c0, c1 = (np.ceil((b[:, k] - x) / w * COLS - .5).clip(0, COLS).astype(int) for k in (1, 3))
        r0, r1 = (np.ceil((b[:, k] - y) / h * ROWS - .5).clip(0, ROWS).astype(int) for k in (2, 4))
        for code, x0, x1, y0, y1 in zip(b[:, 0].astype(int), c0, c1, r0, r1):
            if x1 > x0 and y1 > y0: lab[i, y0:y1, x0:x1] = code if 0 < code <= CHARS else 0
    return lab


class Tokens:
    def __init__(self, path):
        from tokenizers import Tokenizer
        self.tok = Tokenizer.from_file(path)
        self.cache = {}

    def spell(self, s):
        return sum((self.ids(p) for p in spelling.pieces(s)), [])

    def ids(self, s):
        if s not in self.cache:
            if len(self.cache) > 5000: self.cache.clear()
            self.cache[s] = self.tok.encode(s, add_special_tokens=False).ids
        return self.cache[s]

    def look(self, cols, rows):
        out = []
        for r in range(rows if cols * rows > 1 else 0):
            for c in range(cols): out += [FAKE, 6 + 3 * r + c] + [IMAGE] * TOKENS
            out += self.ids("\n") if r < rows - 1 else self.ids("\n\n")    # the last row's break and the one before the whole
        return out + [FAKE, GLOBAL] + [IMAGE] * TOKENS + [FAKE]

    def chat(self, r, looks, turns, room):
        """Ids of a conversation and for each the weight of the loss on it: 0 but for answers. Turns that do not fit are left out."""
        ids, answer, last = self.ids("<|im_start|>user\n"), [], None
        ids = list(ids) + sum(looks, [])
        answer, start, used = [0] * len(ids), len(ids), 0
        for q, a in turns:
            if getattr(q, "after", None) not in (None, last): continue
            head = list(self.ids(("" if not used else "\n<|im_start|>user\n") + q + "<|im_end|>\n<|im_start|>assistant\n"))
            again = r.random() < REMEMBERED
            said = self.ids(a + "<|im_end|>") if again else self.spell(a) + self.ids("<|im_end|>")
            if len(ids) - start + len(head) + len(said) > room: continue
            ids += head + said
            # A long answer counts more than a short one, but not by each of its letters.
            answer += [0] * len(head) + [0 if again else len(said) ** -.5] * len(said)
            used += 1; last = q
        return ids, answer, used


def spoil(r, image):
    """What happens to screenshots: JPEG, noise, a crop's odd scale."""
    k = r.random()
    if k < .12:
        b = io.BytesIO()
        image.save(b, "JPEG", quality=r.randint(35, 90))
        return Image.open(b).convert("RGB")
    if k < .2:
        a = np.asarray(image).astype(np.int16)
        s = r.randint(2, 12)
        return Image.fromarray(np.clip(a + np.random.default_rng(r.getrandbits(32)).integers(-s, s + 1, a.shape[:2] + (1,)), 0, 255).astype(np.uint8))
    return image


def two(r):
    """Two pictures, and what is in which."""
    w, h, k, turns = r.randint(240, 500), r.randint(240, 500), r.random(), []
    plain = lambda bg: kinds.Page(r, w, h, 1, bg=bg)
    of = lambda q, nth: question(q.rstrip("?.") + f" in the {nth} picture?", getattr(q, "what", ""))
    both = ("first", "second")
    if k < .3:    # a shape more
        seed, spots, bg = r.getrandbits(40), r.sample(range(9), r.randint(1, 4)), r.choice([(255, 255, 255), (30, 30, 35)])
        a, b = plain(bg), plain(bg)
        kinds.shapes(random.Random(seed), a, spots)
        extra = next(c for c in r.sample(range(9), 9) if c not in spots)
        kinds.shapes(random.Random(seed), b, spots)
        kinds.shapes(r, b, [extra])
        col, sh, c = b.things[0]
        swap = r.random() < .5
        if swap: a, b = b, a
        which = both[not swap]
        turns = [(ask(r, "differs"), f"{'An' if col == 'orange' else 'A'} {col} {sh} at the {kinds.PLACES[c]} is only in the {which} picture.".replace("at the center", "in the center")), ("Which picture has more shapes?", f"The {which}"),
                 ("How many shapes are in the first picture?", str(len(spots) + swap)), ("How many shapes are in the second picture?", str(len(spots) + (not swap)))]
    elif k < .55:    # other shapes
        bg = r.choice([(255, 255, 255), (30, 30, 35), (235, 240, 245)])
        a, b = plain(bg), plain(bg)
        for p in (a, b): kinds.shapes(r, p, r.sample(range(9), r.randint(1, 4)))
        for p, other, nth in ((a, b, "first"), (b, a, "second")):
            turns.append((of(ask(r, "shapes"), nth).replace(" there in", " in").replace("in the picture in", "in"), str(len(p.things))))
            for col, sh, c in p.things:
                if [s for _, s, _ in p.things].count(sh) == 1: turns += [(of(ask(r, "colour", sh), nth), col.capitalize()), (of(ask(r, "where", sh), nth), kinds.PLACES[c])]
                if sh not in [s for _, s, _ in other.things]: turns += [(ask(r, "which picture", sh), f"The {nth}"), (of(ask(r, "colour", sh), both[nth == "first"]), kinds.REFUSAL)]
                if (col, sh) not in [t[:2] for t in other.things]: turns.append((ask(r, "which picture", f"{col} {sh}").replace("a orange", "an orange"), f"The {nth}"))
        if len(a.things) != len(b.things): turns.append((r.choice(["Which picture has more shapes?", "Which has more shapes, the first or the second picture?"]), "The first" if len(a.things) > len(b.things) else "The second"))
    elif k < .8:    # a form with another value
        for _ in range(20):
            seed, row, x = r.getrandbits(40), r.randrange(4), r.getrandbits(40)
            a, b = kinds.form(random.Random(seed))[0], kinds.form(random.Random(seed), (row, random.Random(x)))[0]
            p, q = getattr(a, "pairs", []), getattr(b, "pairs", [])
            if [n for n, _ in p] == [n for n, _ in q] and sum(u != v for u, v in zip(p, q)) == 1: break
        else: return two(r)
        (name, u), (_, v) = next((u, v) for u, v in zip(p, q) if u != v)
        turns = [(ask(r, "field differs"), name), (ask(r, "field differs"), name), (ask(r, "differs"), f"{name} is {u} in the first picture and {v} in the second.")]
        for nth, values in zip(both, (p, q)):
            for n, x in values:
                if n == name or r.random() < .3: turns.append((of(ask(r, "value", n), nth), x))
    else:    # two of one kind
        kind = r.choice(["dialog", "menu", "chart", "table", "form", "chat", "invoice"])
        (a, ta), (b, tb) = kinds.KINDS[kind](r), kinds.KINDS[kind](r)
        turns = [(of(q.replace("What is the title", "What is the title of the window") if kind == "dialog" else q, nth), x) for nth, t in (("first", ta[:5]), ("second", tb[:5])) for q, x in t
                 if q.endswith("?") and " picture" not in q and x != kinds.REFUSAL and not any(w in q for w in ("the dialog", "this", "there"))]
        if kind == "dialog": turns.append((ask(r, "differs"), f'The first is a dialog titled "{ta[0][1]}", the second one titled "{tb[0][1]}".'))
    r.shuffle(turns)
    return [a, b], [(politely(r, q) if r.random() < .2 else q, x) for q, x in turns]


def sample(r, tokens, kind=None):
    """One picture (or two) with its turns: ids, weights of the loss, tiles, labels."""
    if kind is None and r.random() < .05: pages, turns = two(r)
    else:
        page, turns, k = kinds.draw(r, kind)
        r.shuffle(turns)
        turns = lean(r, turns)
        if k not in ("shapes", "chart", "dialog") and page.boxes and r.random() < .6:    # people crop what they ask about
            low = int(max(b[4] for b in page.boxes)) + r.randint(4, 30)
            if low < page.image.height: page.image = page.image.crop((0, 0, page.image.width, low))
        pages = [page]
    pix, lab, looks = [], [], []
    for p in pages:
        image = spoil(r, p.image)
        t, places, cols, rows = tiles(image)
        pix.append(t); lab.append(labels(p.boxes, places)); looks.append(tokens.look(cols, rows))
    ids, answer, used = tokens.chat(r, looks, turns, TURNS)
    if not any(answer) or len(ids) > network.LONGEST: return None
    return ids, answer, np.concatenate(pix), np.concatenate(lab)
