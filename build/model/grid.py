"""How many tiles a picture becomes: "tile_reach" and "whole_reach" of engine/image."""

TILE, WHOLE, REACH, MOST = 512, 600, 512, 3    # pixels: of a tile's edge; of a picture that is one tile, and of a larger one that a tile covers, at most each way; and tiles a side


def grid(w, h):
    """Columns and rows. Where there is more than one tile, a view of the whole is added."""
    if max(w, h) <= WHOLE: return 1, 1
    cols, rows = (min(MOST, -(-n // REACH)) for n in (w, h))
    return (3, 2) if cols * rows > 6 else (cols, rows)
