"""How many tiles a picture becomes: "tile_reach" of engine/image."""

TILE, REACH, MOST = 512, 600, 3    # pixels of a tile's edge; of the picture that one covers at most each way; and tiles a side


def grid(w, h):
    """Columns and rows. Where there is more than one tile, a view of the whole is added."""
    cols, rows = (min(MOST, max(1, -(-n // REACH))) for n in (w, h))
    return (3, 2) if cols * rows > 6 else (cols, rows)
