"""How many tiles a picture becomes: "tile_reach" and "whole_reach" of engine/image."""

# Pixels: of a tile's edge; of a width and of a height that one tile covers whole, letters being narrower than they are high; of an edge that
# a tile of several covers at most. And tiles a side, at most.
TILE, WHOLE, REACH, MOST = 512, {"width": 320, "height": 512}, 512, 3


def side(n, whole):
    return 1 if n <= whole else max(2, min(MOST, -(-n // REACH)))


def grid(w, h):
    """Columns and rows. Where there is more than one tile, a view of the whole is added."""
    cols, rows = side(w, WHOLE["width"]), side(h, WHOLE["height"])
    return (3, 2) if cols * rows > 6 else (cols, rows)
