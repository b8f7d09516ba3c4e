"""The shapes of coloured figures, and the names of places in a picture."""
import math

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
