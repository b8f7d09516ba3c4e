"""Synthetic screenshots with a question, an answer and per-cell character labels."""
import glob, math, os, random
import numpy as np
from PIL import Image, ImageDraw, ImageFont

D = os.environ.get('SCREENS_DATA', os.path.dirname(os.path.abspath(__file__)))    # holds text/ and fonts/
S, CELL = 512, 8
CH = ''.join(chr(c) for c in range(33, 127))
CI = {c: i + 1 for i, c in enumerate(CH)}


def rd(n):
    return open(f'{D}/text/{n}.txt').read().split('\n')


UI, SENT, FORT, WORDS = rd('ui'), rd('sent'), rd('fort'), rd('words')
UIS = [u for u in UI if len(u) <= 28]
UIM = [u for u in UI if 20 <= len(u) <= 120]
FONTS = sorted(glob.glob(f'{D}/fonts/*'))
MONO = [f for f in FONTS if any(k in f for k in ('Mono', 'Fira', 'Hack'))]
_fc = {}


def font(p, s):
    k = (p, s)
    if k not in _fc:
        _fc[k] = (ImageFont.truetype(p, s, layout_engine=ImageFont.Layout.BASIC), {})
    return _fc[k]


def adv(f, c):
    fo, d = f
    if c not in d:
        d[c] = fo.getlength(c)
    return d[c]


def width(f, s):
    return sum(adv(f, c) for c in s)


class Page:
    def __init__(s, r, bg):
        s.r = r
        s.im = Image.new('RGB', (S, S), bg)
        s.d = ImageDraw.Draw(s.im)
        s.lab = np.zeros((S // CELL, S // CELL), np.uint8)

    def text(s, x, y, t, f, fill):
        fo = f[0]
        asc, desc = fo.getmetrics()
        n = S // CELL
        y0, y1 = y + asc * .2, y + asc * 1.05
        r0 = int(max(0, (y0 - CELL / 2) / CELL + .999))
        r1 = int(min(n - 1, (y1 - CELL / 2) / CELL))
        cx = x
        for w in t.split(' '):
            if w:
                s.d.text((cx, y), w, font=fo, fill=fill)
                for c in w:
                    a = adv(f, c)
                    c0 = int(max(0, (cx - CELL / 2) / CELL + .999))
                    c1 = int(min(n - 1, (cx + a - CELL / 2) / CELL))
                    if c1 >= c0 and r1 >= r0:
                        s.lab[r0:r1 + 1, c0:c1 + 1] = CI.get(c, 0)
                    cx += a
            cx += adv(f, ' ')


def wrap(f, t, w):
    out, cur = [], ''
    for word in t.split():
        n = (cur + ' ' + word) if cur else word
        if width(f, n) <= w:
            cur = n
        else:
            if cur:
                out.append(cur)
            cur = word
            while width(f, cur) > w and len(cur) > 1:
                cur = cur[:-1]
    if cur:
        out.append(cur)
    return out


COL = {'red': (214, 48, 49), 'green': (39, 174, 96), 'blue': (41, 98, 255), 'yellow': (250, 204, 21),
       'orange': (243, 128, 30), 'purple': (142, 68, 173), 'black': (20, 20, 20), 'white': (250, 250, 250),
       'gray': (128, 128, 128), 'pink': (244, 114, 182)}


def theme(r):
    if r.random() < .35:
        b = r.randint(15, 60)
        bg, fg = (b, b + r.randint(0, 6), b + r.randint(0, 12)), (r.randint(200, 255),) * 3
    else:
        b = r.randint(225, 255)
        bg, fg = (b, b, b), (r.randint(0, 70),) * 3
    if r.random() < .15:
        bg = tuple(r.randint(0, 255) for _ in range(3))
        fg = (255, 255, 255) if .3 * bg[0] + .59 * bg[1] + .11 * bg[2] < 120 else (0, 0, 0)
    return bg, fg


def fnt(r, lo, hi, mono=False):
    return font(r.choice(MONO if mono else FONTS), r.randint(lo, hi))


def num(r):
    k = r.random()
    if k < .3: return str(r.randint(0, 9999))
    if k < .5: return f'{r.uniform(0, 1000):.2f}'
    if k < .65: return f'${r.randint(1, 99999):,}.{r.randint(0, 99):02d}'
    if k < .8: return f'{r.randint(1, 100)}%'
    if k < .9: return f'{r.randint(2000, 2030)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}'
    return f'{r.randint(0, 23)}:{r.randint(0, 59):02d}'


def val(r):
    k = r.random()
    if k < .45: return num(r)
    if k < .75: return r.choice(UIS)
    if k < .9: return r.choice(WORDS)
    return f'{r.choice(WORDS).lower()}@{r.choice(WORDS).lower()}.com'


def anytext(r, n):
    k = r.random()
    if k < .3: t = r.choice(UI)
    elif k < .55: t = r.choice(SENT)
    elif k < .85: t = r.choice(FORT)
    else: t = ' '.join(r.choice(WORDS) if r.random() < .8 else num(r) for _ in range(r.randint(1, 12)))
    return t if len(t) <= n else t[:n].rsplit(' ', 1)[0]


READ = ['Read the text.', 'What does it say?', 'Transcribe the text in this image.', 'What is written here?',
        'Extract all text.', 'What text is on the screen?']


def block(r, level):
    bg, fg = theme(r)
    p = Page(r, bg)
    if level == 0: f, n = fnt(r, 18, 44), r.choice([12, 24, 40])
    elif level == 1: f, n = fnt(r, 14, 32), r.choice([40, 80, 140])
    else: f, n = fnt(r, 11, 26, r.random() < .2), r.choice([60, 120, 240, 400])
    m = r.randint(6, 60)
    h = sum(f[0].getmetrics()) * r.uniform(1.0, 1.5)
    lines = wrap(f, anytext(r, n), S - 2 * m)[:int((S - 20) / h)]
    y = r.uniform(5, max(6, S - h * len(lines) - 5))
    c = r.random() < .2
    for l in lines:
        x = (S - width(f, l)) / 2 if c else m
        p.text(int(x), int(y), l, f, fg)
        y += h
    return p, r.choice(READ), ' '.join(lines)


def dialog(r, level):
    p = Page(r, tuple(r.randint(0, 255) for _ in range(3)))
    bg, fg = theme(r)
    w = r.randint(300, 490)
    x0 = r.randint(5, S - w - 5)
    f, ft, fb = fnt(r, 14, 20), fnt(r, 14, 22), fnt(r, 13, 18)
    title, msg = r.choice(UIS), r.choice(UIM)
    ls = wrap(f, msg, w - 40)[:6]
    lh = int(sum(f[0].getmetrics()) * 1.15)
    bts = []
    for _ in range(r.randint(1, 3)):
        b = r.choice(['OK', 'Cancel', 'Save', 'Delete', "Don't Save", 'Retry', 'Close', 'Continue', 'Open', 'Yes', 'No',
                      'Allow', 'Deny', 'Later', 'Update', 'Quit', r.choice(UIS)[:14].strip()])
        if b not in bts: bts.append(b)
    H = 124 + lh * len(ls)
    y0 = r.randint(5, max(6, S - H - 5))
    p.d.rounded_rectangle((x0, y0, x0 + w, y0 + H), r.randint(0, 14), fill=bg, outline=(130, 130, 130))
    if r.random() < .6:
        for i, c in enumerate([(255, 95, 86), (255, 189, 46), (39, 201, 63)]):
            p.d.ellipse((x0 + 12 + i * 20, y0 + 14, x0 + 24 + i * 20, y0 + 26), fill=c)
    while width(ft, title) > w - 100 and ' ' in title: title = title.rsplit(' ', 1)[0]
    p.text(int(x0 + 80), y0 + 8, title, ft, fg)
    y = y0 + 54
    for l in ls:
        p.text(x0 + 20, y, l, f, fg)
        y += lh
    y, x = y0 + H - 42, x0 + w - 16
    pr, shown = r.choice(['blue', 'gray', 'green']), []
    for i, b in enumerate(bts):
        bw = int(width(fb, b)) + 28
        if x - bw < x0 + 6: break
        x -= bw
        p.d.rounded_rectangle((x, y, x + bw, y + 30), 6, fill=COL[pr] if i == 0 else (200, 200, 200))
        p.text(x + 14, y + 5, b, fb, (255, 255, 255) if i == 0 else (20, 20, 20))
        shown.append(b)
        x -= 10
    sh, m = list(reversed(shown)), ' '.join(ls)
    q, a = r.choice([('What is the title of this window?', title), ('What does the message say?', m),
                     ('Which buttons are shown?', ', '.join(sh)), ('How many buttons are there?', str(len(sh))),
                     (r.choice(READ), ' '.join([title, m] + sh)),
                     ('What does the highlighted button say?', shown[0] if shown else 'There is none.')])
    return p, q, a


def form(r, level):
    bg, fg = theme(r)
    p = Page(r, bg)
    f = fnt(r, 14, 22)
    y, x, xv = r.randint(8, 50), r.randint(10, 40), r.randint(220, 280)
    h = int(sum(f[0].getmetrics()) * r.uniform(1.2, 1.8))
    kv = []
    for _ in range(r.randint(2, 9)):
        k, v = r.choice(UIS)[:22].strip().rstrip(':'), val(r)[:22].strip()
        if y + h > S or width(f, k) > xv - x - 8 or width(f, v) > S - xv - 4 or k in dict(kv): continue
        p.text(x, y, k + (':' if r.random() < .5 else ''), f, fg)
        p.text(xv, y, v, f, fg)
        kv.append((k, v))
        y += h
    if not kv: return block(r, level)
    k, v = r.choice(kv)
    q = r.random()
    if q < .75: return p, r.choice([f'What is the value of "{k}"?', f'What is {k}?', f'What is shown for {k}?']), v
    if q < .9: return p, f'Which field has the value "{v}"?', k
    return p, r.choice(READ), ' '.join(f'{a} {b}' for a, b in kv)


def table(r, level):
    bg, fg = theme(r)
    p = Page(r, bg)
    nc, nr = r.randint(2, 4), r.randint(2, 7)
    f = fnt(r, 12, 18)
    cw, h = (S - 20) // nc, int(sum(f[0].getmetrics()) * 1.5)
    y0 = r.randint(8, max(9, S - h * (nr + 1) - 4))

    def cut(t):
        while width(f, t) > cw - 10 and len(t) > 1: t = t[:-1]
        return t.strip()
    hd = [cut(r.choice(UIS)) for _ in range(nc)]
    rows = [[cut(r.choice(WORDS).capitalize())] + [cut(num(r)) for _ in range(nc - 1)] for _ in range(nr)]
    for j, t in enumerate(hd): p.text(12 + j * cw, y0, t, f, fg)
    p.d.line((8, y0 + h - 3, S - 8, y0 + h - 3), fill=fg)
    for i, row in enumerate(rows):
        for j, t in enumerate(row): p.text(12 + j * cw, y0 + (i + 1) * h, t, f, fg)
    i, j, q = r.randrange(nr), r.randrange(1, nc), r.random()
    if q < .8: return p, r.choice([f'What is the {hd[j]} of {rows[i][0]}?', f'In the table, what is {hd[j]} for {rows[i][0]}?']), rows[i][j]
    if q < .9: return p, 'How many rows does the table have?', str(nr)
    return p, 'What are the column headings?', ', '.join(hd)


def chart(r, level):
    bg, fg = theme(r)
    p = Page(r, bg)
    n, f = r.randint(3, 6), fnt(r, 12, 18)
    vals, names = r.sample(range(5, 100), n), []
    while len(names) < n:
        w = r.choice(WORDS).capitalize()[:8]
        if w not in names: names.append(w)
    bw, base = (S - 60) // n, S - 60
    cs = r.sample([c for c in COL if c not in ('white', 'black', 'gray')], min(n, 7))
    ti = r.choice(UIS)
    p.text(20, 8, ti, fnt(r, 16, 24), fg)
    one = r.random() < .5
    for i in range(n):
        x, hh = 40 + i * bw, int(vals[i] * 3.6)
        p.d.rectangle((x + 6, base - hh, x + bw - 8, base), fill=COL[cs[0 if one else i]])
        p.text(x + 6, base + 6, names[i], f, fg)
        p.text(x + 10, base - hh - 24, str(vals[i]), f, fg)
    p.d.line((30, base, S - 10, base), fill=fg)
    i, q = r.randrange(n), r.random()
    if q < .4: return p, f'What is the value of {names[i]}?', str(vals[i])
    if q < .6: return p, r.choice(['Which bar is the tallest?', 'Which category has the highest value?']), names[int(np.argmax(vals))]
    if q < .75: return p, r.choice(['Which bar is the shortest?', 'Which category has the lowest value?']), names[int(np.argmin(vals))]
    if q < .9: return p, 'What kind of chart is this?', f'A bar chart titled "{ti}" with {n} bars.'
    return p, 'How many bars are there?', str(n)


POS = ['top left', 'top center', 'top right', 'middle left', 'center', 'middle right', 'bottom left', 'bottom center', 'bottom right']


def shapes(r, level):
    p = Page(r, r.choice([(255, 255, 255), (235, 235, 235), (30, 30, 30)]))
    n, out = r.randint(1, 5), []
    for c in r.sample(range(9), n):
        col = r.choice([k for k in COL if k not in ('white', 'black')])
        sh, s = r.choice(['circle', 'square', 'triangle', 'star']), r.randint(40, 70)
        cx, cy, z = (c % 3) * 170 + 85, (c // 3) * 170 + 85, COL[col]
        if sh == 'circle': p.d.ellipse((cx - s, cy - s, cx + s, cy + s), fill=z)
        elif sh == 'square': p.d.rectangle((cx - s, cy - s, cx + s, cy + s), fill=z)
        elif sh == 'triangle': p.d.polygon([(cx, cy - s), (cx - s, cy + s), (cx + s, cy + s)], fill=z)
        else: p.d.polygon([(cx + (s if k % 2 == 0 else s * .42) * math.sin(k * math.pi / 5),
                            cy - (s if k % 2 == 0 else s * .42) * math.cos(k * math.pi / 5)) for k in range(10)], fill=z)
        out.append((col, sh, c))
    q = r.random()
    if q < .3: return p, 'How many shapes are there?', str(n)
    col, sh, c = r.choice(out)
    if q < .6: return p, (f'What is at the {POS[c]}?' if c != 4 else 'What is in the center?'), f'A {col} {sh}.'
    if q < .8 and sum(o[1] == sh for o in out) == 1: return p, f'What color is the {sh}?', col.capitalize() + '.'
    return p, r.choice(['Describe the image.', 'What do you see?']), 'There ' + ('is ' if n == 1 else 'are ') + ', '.join(f'a {o[0]} {o[1]}' for o in sorted(out, key=lambda o: o[2])) + '.'


KINDS = {'block': block, 'dialog': dialog, 'form': form, 'table': table, 'chart': chart, 'shapes': shapes}


def sample(seed, level, kind=None):
    r = random.Random(seed)
    if kind is None:
        kind = 'block' if level == 0 else r.choices(list(KINDS), [.40, .16, .14, .12, .08, .10])[0]
    p, q, a = KINDS[kind](r, level)
    im = np.asarray(p.im)
    if level > 0 and r.random() < .15:
        im = np.clip(im.astype(np.int16) + np.random.default_rng(seed & 0xffffffff).integers(-12, 12, im.shape), 0, 255).astype(np.uint8)
    return im, q, a, p.lab, kind
