"""A page to draw on that remembers where each character stands, and the texts, fonts and colours screens are made of."""
import glob, json, os
from PIL import Image, ImageDraw, ImageFont

DATA = os.environ.get("SCREENS_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "data"))    # holds text/ and fonts/
FIRST, CHARS = 33, 94    # the printable ASCII characters; class 0 is "none"


def lines(name):
    return [l for l in open(f"{DATA}/text/{name}.txt", errors="ignore").read().split("\n") if l]


UI, SENT, FORT, WORDS, CODE = lines("ui"), lines("sent"), lines("fort"), lines("words"), [json.loads(l) for l in lines("code")]
LABELS = [u.rstrip(":. ") for u in UI if 3 <= len(u) <= 24 and u[0].isupper() and u.count(" ") <= 3 and not set(u) & set("|\\^`\"<>=*")]
MESSAGES = [u for u in UI if 24 <= len(u) <= 130 and u[0].isupper() and u[-1] in ".?!"]
TITLES = [u for u in LABELS if len(u) <= 22]
SHORT = [w for w in WORDS if 3 <= len(w) <= 9 and w[1:].islower()]
SIGNS = "°£€–—’“”…•é"    # outside ASCII: in texts now and then, and in every font that is used


def complete(path):
    """Whether a font has the signs, and something other for each than its mark for what it lacks."""
    f = ImageFont.truetype(path, 20, layout_engine=ImageFont.Layout.BASIC)
    drawn = [bytes(f.getmask(c)) for c in SIGNS + "\uffff"]
    return len(set(drawn)) == len(drawn) and all(map(any, drawn[:-1]))


FONTS = [f for f in sorted(glob.glob(f"{DATA}/fonts/*")) if complete(f)]
MONO = [f for f in FONTS if any(k in f for k in ("Mono", "Fira", "Hack", "Cousine", "Courier", "Inconsolata", "Monoid", "mononoki", "Anonymous"))]
PLAIN = [f for f in FONTS if any(k in f for k in ("Inter-Regular", "Inter-Medium", "Roboto-Regular", "DejaVuSans.", "OpenSans-Regular", "Lato-Regular",
                                                   "NotoSans-Regular", "LiberationSans-Regular", "Arimo-Regular", "Inter-SemiBold"))]
COLOURS = {"red": (220, 45, 45), "green": (40, 165, 80), "blue": (40, 90, 235), "yellow": (245, 210, 30), "orange": (245, 135, 25), "purple": (135, 60, 180),
           "pink": (245, 120, 185), "gray": (130, 130, 130), "brown": (130, 80, 40), "black": (15, 15, 15), "white": (250, 250, 250), "cyan": (40, 200, 220)}
TONES = {"red": [(255, 0, 0), (239, 68, 68), (185, 28, 28), (178, 34, 34), (229, 57, 53)], "green": [(0, 128, 0), (34, 197, 94), (22, 101, 52), (46, 139, 87), (76, 175, 80), (0, 200, 0)],
         "blue": [(0, 0, 255), (59, 130, 246), (30, 64, 175), (65, 105, 225), (25, 118, 210), (0, 0, 139)], "yellow": [(255, 255, 0), (250, 204, 21), (255, 215, 0), (253, 216, 53)],
         "orange": [(255, 165, 0), (249, 115, 22), (255, 140, 0), (234, 88, 12)], "purple": [(128, 0, 128), (168, 85, 247), (107, 33, 168), (126, 34, 206), (147, 51, 234)],
         "pink": [(255, 192, 203), (255, 105, 180), (236, 72, 153), (244, 143, 177)], "gray": [(128, 128, 128), (107, 114, 128), (160, 160, 160), (90, 90, 95)],
         "brown": [(139, 69, 19), (165, 42, 42), (120, 53, 15), (121, 85, 72)], "black": [(0, 0, 0), (30, 30, 30)], "white": [(255, 255, 255), (245, 245, 245)],
         "cyan": [(0, 255, 255), (6, 182, 212), (34, 211, 238), (0, 188, 212)]}    # what style sheets call these colours, more or less
_fonts, _widths = {}, {}


def font(path, size):
    key = (path, size)
    if key not in _fonts:
        if len(_fonts) > 1500: _fonts.clear(); _widths.clear()
        _fonts[key] = ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
    return _fonts[key]


def advance(f, c):
    key = (f.path, f.size, c)
    if key not in _widths: _widths[key] = f.getlength(c)
    return _widths[key]


def width(f, s):
    return sum(advance(f, c) for c in s)


def height(f):
    return sum(f.getmetrics())


def wrap(f, text, room):
    out, cur = [], ""
    for word in text.split():
        new = f"{cur} {word}" if cur else word
        if width(f, new) <= room: cur = new
        else:
            if cur: out.append(cur)
            cur = word
            while width(f, cur) > room and len(cur) > 1: cur = cur[:-1]
    return out + [cur] if cur else out


def cut(f, text, room):
    """The longest head of whole words that fits, or of characters where not one word does."""
    while width(f, text) > room and " " in text: text = text.rsplit(" ", 1)[0]
    while width(f, text) > room and len(text) > 1: text = text[:-1]
    return text.strip(" :,-(&")


def near(r, colour, by=14):
    return tuple(max(0, min(255, c + r.randint(-by, by))) for c in colour)


def tone(r, name):
    return near(r, r.choice(TONES[name] + [COLOURS[name]] * 2), 12)


def ink(colour):
    """Black or white, whichever is read on the colour."""
    return (255, 255, 255) if .3 * colour[0] + .59 * colour[1] + .11 * colour[2] < 140 else (0, 0, 0)


class Theme:
    def __init__(self, r):
        self.dark = r.random() < .38
        if self.dark:
            b = r.randint(12, 60)
            self.bg, g = (b, b + r.randint(0, 5), b + r.randint(0, 12)), r.randint(195, 255)
            self.panel = tuple(min(255, c + r.randint(8, 22)) for c in self.bg)
        else:
            b = r.randint(226, 255)
            self.bg, g = (b, b, b), r.randint(0, 70)
            self.panel = (255, 255, 255) if r.random() < .5 else (max(0, b - r.randint(4, 14)),) * 3
        self.fg, self.accent = (g, g, g), near(r, COLOURS[r.choice(["blue", "blue", "green", "purple", "orange", "red"])])
        self.dim = tuple((2 * a + b) // 3 for a, b in zip(self.fg, self.bg))
        self.line = tuple((a + 3 * b) // 4 for a, b in zip(self.fg, self.bg))
        if r.random() < .08:
            self.bg = self.panel = tuple(r.randint(0, 255) for _ in range(3))
            self.fg = (255, 255, 255) if .3 * self.bg[0] + .59 * self.bg[1] + .11 * self.bg[2] < 120 else (0, 0, 0)
            self.dim = self.fg


class Page:
    def __init__(self, r, w, h, scale=1, bg=None, theme=None):
        self.r, self.k, self.w, self.h = r, scale, int(w), int(h)    # w, h and all coordinates in points; a point is `scale` pixels
        self.theme = theme or Theme(r)
        self.image = Image.new("RGB", (int(w * scale), int(h * scale)), bg or self.theme.bg)
        self.draw, self.boxes, self.texts = ImageDraw.Draw(self.image), [], []

    def font(self, lo, hi, among=None):
        r = self.r
        return font(r.choice(among or (PLAIN if r.random() < .35 else FONTS)), int(r.randint(lo, hi) * self.k))

    def px(self, *v):
        return tuple(int(x * self.k) for x in v)

    def width(self, f, s):
        return width(f, s) / self.k

    def height(self, f):
        return height(f) / self.k

    def wrap(self, f, s, room):
        return wrap(f, s, room * self.k)

    def cut(self, f, s, room):
        return cut(f, s, room * self.k)

    def rect(self, x0, y0, x1, y1, fill=None, outline=None, radius=0):
        box = self.px(x0, y0, max(x0, x1), max(y0, y1))
        if radius: self.draw.rounded_rectangle(box, radius * self.k, fill=fill, outline=outline)
        else: self.draw.rectangle(box, fill=fill, outline=outline)

    def line(self, *v, fill=None, w=1):
        self.draw.line(self.px(*v), fill=fill or self.theme.line, width=max(1, int(w * self.k)))

    def text(self, x, y, s, f, fill=None):
        self.texts.append(s)
        asc = f.getmetrics()[0]
        cx, y = x * self.k, int(y * self.k)
        y0, y1 = y + asc * .22, y + asc * 1.06
        for w in s.split(" "):
            if w: self.draw.text((int(cx), y), w, font=f, fill=fill or self.theme.fg)
            for c in w:
                a = advance(f, c)
                self.boxes.append((ord(c) - FIRST + 1, cx, y0, cx + a, y1))
                cx += a
            cx += advance(f, " ")


def strange(r):
    """What no language helps to read: a serial number, a hash, a made-up name."""
    k = r.random()
    if k < .3: return "".join(r.choice("bcdfghklmnprstvwz") + r.choice("aeiouy") for _ in range(r.randint(2, 4)))
    if k < .5: return "".join(r.choice("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") for _ in range(r.randint(3, 10)))
    if k < .65: return "-".join("".join(r.choice("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789") for _ in range(r.choice([2, 3, 4]))) for _ in range(r.randint(2, 4)))
    if k < .8: return r.choice("_-./:").join(r.choice(SHORT) for _ in range(r.randint(2, 3)))
    if k < .9: return "".join(r.choice("0123456789abcdef") for _ in range(r.choice([6, 7, 8, 12])))
    return f"{r.choice(SHORT)}{r.choice('_-.')}{r.randint(0, 999)}{r.choice(['', '.', '/'])}"


def number(r):
    k = r.random()
    if k < .08: return f"{r.randint(1000, r.choice([9999, 99999, 999999, 9999999, 99999999])):,}"
    if k < .3: return str(r.randint(0, 9999) if r.random() < .5 else r.randint(0, 99))
    if k < .5: return f"{r.uniform(0, 1000):.{r.choice([1, 2])}f}"
    if k < .65: return money(r)
    if k < .72: return f"{r.randint(1, 100)}%"
    if k < .75: return f"{r.randint(-20, 99)}{r.choice(['°C', ' °C', '°'])}"
    if k < .87: return date(r)
    return f"{r.randint(0, 23)}:{r.randint(0, 59):02d}"


def money(r):
    n = f"{r.choice([r.randint(1, 99), r.randint(1, 999), r.randint(1, 99999), r.randint(1, 9999999)]):,}" + (f".{r.randint(0, 99):02d}" if r.random() < .8 else "")
    return r.choice(["${}", "${}", "{}", "EUR {}", "£{}", "€{}", "{} €", "€ {}", "£{}", "GBP {}", "{} USD"]).format(n)


def date(r):
    y, m, d = r.randint(1990, 2035), r.randint(1, 12), r.randint(1, 28)
    name = "January February March April May June July August September October November December".split()[m - 1]
    return r.choice([f"{y}-{m:02d}-{d:02d}", f"{d} {name} {y}", f"{name[:3]} {d}, {y}", f"{d:02d}/{m:02d}/{y}", f"{d:02d}.{m:02d}.{y}"])


FIRSTS = [w for w in WORDS if 4 <= len(w) <= 8 and w[0].isupper() and w[1:].islower()]


def name(r):
    return f"{r.choice(FIRSTS)} {r.choice(FIRSTS)}" if r.random() < .5 else r.choice(FIRSTS)


def value(r):
    k = r.random()
    if k < .32: return number(r)
    if k < .44: return r.choice(LABELS)
    if k < .52: return strange(r)
    if k < .62: return r.choice(SHORT)
    if k < .8: return name(r)
    if k < .88: return f"{r.choice(SHORT)}@{r.choice(SHORT)}.{r.choice(['com', 'org', 'net'])}"
    if k < .94: return f"{r.choice(SHORT)}-{r.randint(1, 999)}"
    return f"/{r.choice(SHORT)}/{r.choice(SHORT)}.{r.choice(['txt', 'png', 'pdf', 'csv'])}"


def prose(r, words):
    k, out = r.random(), []
    while len(out) < words:
        if k < .2: out += r.choice(MESSAGES).split()
        elif k < .4: out += (r.choice(SENT).capitalize() + ".").split()
        elif k < .75: out += r.choice(FORT).split()
        elif k < .92: out += [r.choice(WORDS) if r.random() < .85 else number(r) for _ in range(6)]
        else: out += [strange(r) if r.random() < .6 else r.choice(WORDS) for _ in range(6)]
        if r.random() < .4: break
    text = " ".join(out[:words])
    if r.random() < .12: text = text.replace("'", "’").replace("...", "…").replace(" - ", r.choice([" – ", " — "])).replace("--", "—")
    return f"“{text}”" if r.random() < .02 else text


PICK = lambda r, items, n: r.sample(items, min(n, len(items)))


def size(r, lo=200, hi=600, wide=(600, 1150)):
    """A page size in points: mostly one tile."""
    if r.random() < .11: return r.randint(*wide), r.randint(360, 760)
    return r.randint(lo, hi), r.randint(int(lo * .7), hi)


def scale(r, w, h):
    return r.choice([1, 1, 1, 1, 1, 1, 1, 1.25, 1.5, 2]) if w <= 600 else 1


def new(r, **kw):
    w, h = size(r, **kw)
    return Page(r, w, h, scale(r, w, h))


def other(r, pool, taken):
    while True:
        c = r.choice(pool)
        if c not in taken: return c
