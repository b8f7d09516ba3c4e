"""The shapes of coloured figures, the names of places in a picture, and coloured boxes with names on them."""
import math
from asking import REFUSAL, ask
from draw import COLOURS, FIRSTS, LABELS, PICK, SHORT, Page, ink, other, scale, size, tone

PLACES = ["top left", "top center", "top right", "middle left", "center", "middle right", "bottom left", "bottom center", "bottom right"]
SHAPES = ["circle", "square", "triangle", "star", "rectangle", "diamond", "cross", "ring", "oval", "hexagon", "pentagon", "heart", "arrow"]
# Corners on a circle or square of radius 1, y down.
CORNERS = {"square": [(-.9, -.9), (.9, -.9), (.9, .9), (-.9, .9)], "rectangle": [(-1, -.5), (1, -.5), (1, .5), (-1, .5)], "triangle": [(0, -1), (1, .9), (-1, .9)],
           "diamond": [(0, -1), (.75, 0), (0, 1), (-.75, 0)], "cross": [(-.3, -1), (.3, -1), (.3, -.3), (1, -.3), (1, .3), (.3, .3), (.3, 1), (-.3, 1), (-.3, .3), (-1, .3), (-1, -.3), (-.3, -.3)],
           "arrow": [(-1, -.3), (.2, -.3), (.2, -.8), (1, 0), (.2, .8), (.2, .3), (-1, .3)],
           "heart": [(16 * math.sin(t / 8) ** 3 / 17, -(13 * math.cos(t / 8) - 5 * math.cos(t / 4) - 2 * math.cos(t * 3 / 8) - math.cos(t / 2)) / 17) for t in range(50)]}
for name_, n_, k_ in (("star", 10, .42), ("pentagon", 5, 1), ("hexagon", 6, 1)):
    CORNERS[name_] = [((1 if i % 2 == 0 else k_) * math.sin(2 * math.pi * i / n_), -(1 if i % 2 == 0 else k_) * math.cos(2 * math.pi * i / n_)) for i in range(n_)]


def put(p, shape, cx, cy, s, fill, turn=0, edge=None):
    """A shape of radius s about (cx, cy), turned, with an edge of another colour or none."""
    w = max(1, int(p.k * s / 12))
    if shape in ("circle", "oval"): p.draw.ellipse(p.px(cx - s, cy - s * (1 if shape == "circle" else .6), cx + s, cy + s * (1 if shape == "circle" else .6)), fill=fill, outline=edge, width=w)
    elif shape == "ring": p.draw.ellipse(p.px(cx - s, cy - s, cx + s, cy + s), outline=fill, width=max(2, int(s * p.k * .3)))
    else:
        a, b = math.cos(turn), math.sin(turn)
        p.draw.polygon([v for x, y in CORNERS[shape] for v in p.px(cx + s * (a * x - b * y), cy + s * (b * x + a * y))], fill=fill, outline=edge, width=w)


def place(x, y):
    return PLACES[3 * min(2, int(3 * y)) + min(2, int(3 * x))]


def boxes(r):
    """Named boxes in colours, as the fields of a plan, the tiles of a kiosk or the keys of a remote control."""
    w, h = size(r, 240, 600)
    p = Page(r, w, h, scale(r, w, h))
    f, spots = p.font(11, 22), r.sample(range(9), r.choice([2, 3, 3, 4, 4, 5, 6, 7, 9]))
    hues, pool = r.sample([c for c in COLOURS if c not in ("black", "white")], min(10, len(spots))), r.choice([FIRSTS, LABELS, [s.capitalize() for s in SHORT]])
    bw, bh, round_, names, out = p.w / 3 * r.uniform(.7, .95), max(p.height(f) + 4, p.h / 3 * r.uniform(.3, .8)), r.choice([0, 0, 4, 10, 20]), [], []
    for c, hue in zip(spots, hues):
        if not (n := p.cut(f, r.choice(pool), bw - 8)) or n in names: continue
        x, y, fill = (c % 3 + .5) * p.w / 3 - bw / 2, (c // 3 + .5) * p.h / 3 - bh / 2, tone(r, hue)
        p.rect(x, y, x + bw, y + bh, fill=fill, radius=min(round_, bh / 2))
        p.text(x + (bw - p.width(f, n)) / 2, y + (bh - p.height(f)) / 2, n, f, ink(fill))
        names.append(n); out.append((n, hue, c))
    return p, box_turns(r, out, pool)


def box_turns(r, out, pool):
    """Questions about named boxes: (name, colour, ninth of the picture)."""
    turns, names, left = [(ask(r, "boxes"), str(len(out)))], [n for n, _, _ in out], [c for c in COLOURS if c not in [h for _, h, _ in out]]
    for n, hue, c in out:
        turns += [(ask(r, "box says", hue), n), (ask(r, "box colour", n), hue.capitalize()), (ask(r, "where", n).replace("the " + n, r.choice(["", "the box ", "the field ", ""]) + n), PLACES[c]), (ask(r, "box at", PLACES[c]).replace("at the center", "in the center"), n)]
        for m, _, d in out:
            if d == c + 1 and c % 3 < 2: turns.append((r.choice(["What is to the right of {}?", "Which box is right of {}?"]).format(n), m))
            if d == c + 3: turns.append((r.choice(["What is below {}?", "Which box is under {}?"]).format(n), m))
    for _ in range(1 + len(out) // 2):
        gone = other(r, pool, names)
        turns.append((r.choice([ask(r, "box says", r.choice(left)), ask(r, "box colour", gone), ask(r, "where", gone).replace("the " + gone, gone)]), REFUSAL))
    return turns
