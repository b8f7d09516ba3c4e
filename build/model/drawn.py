"""Pages that a browser drew beforehand (pages.py), from DATA/pages/*.zip."""
import glob, io, json, zipfile
from PIL import Image
from asking import question
from draw import DATA

FILES = sorted(glob.glob(f"{DATA}/pages/*.zip"))
_open = {}


class Drawn:
    k, texts = 1, ()

    def __init__(self, image, boxes, kind):
        self.image, self.boxes, self.kind = image, boxes, kind


def browser(r):
    """One of the pages, at a size of its own each time."""
    f = r.choice(FILES)
    if f not in _open:
        z = zipfile.ZipFile(f)
        _open[f] = z, sorted(n for n in z.namelist() if n.endswith(".json"))
    z, names = _open[f]
    n = r.choice(names)
    page, image = json.loads(z.read(n)), Image.open(io.BytesIO(z.read(n[:-4] + "webp"))).convert("RGB")
    boxes = page["boxes"]
    if r.random() < .5:
        k = r.uniform(.85, 1.3)
        w, h = (max(1, round(v * k)) for v in image.size)
        boxes = [(c, *(v * k for v in b)) for c, *b in boxes]
        image = image.resize((w, h), r.choice([Image.LANCZOS, Image.BICUBIC, Image.BILINEAR]))
    return Drawn(image, boxes, page["kind"]), [(question(q, *sort), a) for q, a, *sort in page["turns"]]
