"""Screens drawn by a browser, ahead of training: HTML of our own in the style sheets that `pages.sh` fetches, or in one made up on the spot.

usage: SCREENS_DATA=DIR pages.py SHEETS_DIR OUT.zip COUNT SEED    (wants the Python package playwright and /usr/bin/chromium)

OUT.zip holds, for each page, N.webp without loss and N.json: "boxes", of each character its class and place as in draw.Page; and "turns".
"""
import glob, html, io, json, math, os, random, re, sys, zipfile
from PIL import Image
import fields, figures, kinds
from forms import dialog, form
from asking import REFUSAL, ask, is_of
from draw import COLOURS, FIRST, FIRSTS, FONTS, LABELS, SHORT, TITLES, TONES, date, name, number, other, prose, value
from figures import CORNERS
from kinds import BUTTONS, PICK
from sources import WORDS_OF_CODE, answered, placed, prompted, typed

esc = html.escape
MONO = ["DejaVu Sans Mono", "Liberation Mono", "Hack", "Fira Code", "Noto Sans Mono", "Courier Prime", "Inconsolata", "Source Code Pro", "Space Mono", "Overpass Mono", "Geist Mono", "Red Hat Mono", "Victor Mono", "DM Mono"]
# The characters of all text that is seen, with what stands where; and the text as one line.
BOXES = """() => {
  const out = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange()
  for (let n; (n = walk.nextNode());) {
    if (n.parentElement.closest('style, script, title')) continue
    for (let i = 0; i < n.data.length; i++) {
      const c = n.data.charCodeAt(i)
      if (c < 33 || c > 126) continue
      range.setStart(n, i); range.setEnd(n, i + 1)
      const b = range.getBoundingClientRect()
      if (b.width > 0) out.push([c, b.left, b.top + .2 * b.height, b.right, b.top + .86 * b.height])
    }
  }
  const e = document.documentElement
  return {boxes: out, text: document.body.innerText, width: e.clientWidth, height: Math.ceil(document.body.getBoundingClientRect().bottom)}
}"""


def rgb(c):
    return "#%02x%02x%02x" % tuple(c)


class Look:
    """What a page looks like: a sheet and what is changed in it."""

    def __init__(self, r, sheets, families):
        self.r, self.dark, self.pad = r, r.random() < .35, r.randint(4, 28)
        own = r.random() < .6
        self.sheet = None if own else r.choice(sheets)
        if self.sheet: self.dark = "dark" in os.path.basename(self.sheet) or ("pico" in self.sheet and self.dark)
        bg = r.randint(12, 50) if self.dark else r.choice([255, 255, r.randint(230, 254)])
        fg = r.randint(200, 255) if self.dark else r.randint(0, 75)
        self.accent = rgb(r.choice(TONES[r.choice(["blue", "blue", "green", "purple", "orange", "red", "cyan"])]))
        self.size, self.family = r.choice([12, 13, 14, 14, 15, 16, 16, 17, 18, 20, 22]), r.choice(families)
        line, panel = (bg * 3 + fg) // 4, min(255, bg + 14) if self.dark else r.choice([255, max(0, bg - 8)])
        grey = lambda v: rgb((v, v, v))
        # The chosen one of a few: a ring around a dot, or a dot with a hole.
        inner = ".tick.dot.on::after{border:0;transform:none;border-radius:50%;left:50%;top:50%;width:.45em;height:.45em;margin:-.225em 0 0 -.225em;background:"
        dot = r.choice([inner + "#fff}", inner + self.accent + "} .tick.dot.on{background:none}", inner + "currentColor} .tick.dot.on{background:none;border-color:currentColor}"])
        self.css = f"""*{{box-sizing:border-box;text-transform:none!important}} body{{margin:0!important;padding:{self.pad}px!important;font-family:'{self.family}'!important;font-size:{self.size}px!important;
          line-height:{r.uniform(1.15, 1.6):.2f};max-width:none!important;width:auto!important;min-height:0!important;display:block!important}} html{{font-size:{self.size}px!important}}
          h1,h2,h3,p,td,th,button,li,label{{font-family:'{self.family}'!important}} .row{{display:flex;gap:{r.randint(4, 16)}px;justify-content:{r.choice(["flex-end", "flex-start", "center", "space-between"])};flex-wrap:wrap;align-items:center}}
          .pair{{display:{r.choice(["flex", "flex", "grid"])};grid-template-columns:{r.randint(30, 55)}% auto;justify-content:space-between;gap:{r.randint(2, 14)}px;padding:{r.randint(1, 8)}px 0}}
          .tick{{display:inline-block;width:.95em;height:.95em;border:1.5px solid {grey((bg + 2 * fg) // 3)};vertical-align:-.12em;margin-right:.45em;position:relative;flex:none}}
          .tick.on::after{{content:'';position:absolute;left:.25em;top:.02em;width:.28em;height:.55em;border:solid {r.choice(["#fff", "#fff", "#000"])};border-width:0 .14em .14em 0;transform:rotate(42deg)}}
          .tick.on{{background:{self.accent};border-color:{self.accent}}} .tick.dot{{border-radius:50%}} {dot} input{{accent-color:{self.accent}}}
          .switch{{display:inline-block;width:2em;height:1.1em;border-radius:1em;background:{grey(line)};position:relative;flex:none}} .switch::after{{content:'';position:absolute;width:.9em;height:.9em;border-radius:50%;background:#fff;top:.1em;left:.1em}}
          .switch.on{{background:{self.accent}}} .switch.on::after{{left:1em}} svg text{{font-family:'{self.family}'}} .box{{border:1px solid {grey(line)};border-radius:{r.choice([0, 3, 6, 10])}px;padding:{r.randint(2, 7)}px {r.randint(4, 12)}px;display:inline-block}}
          .me{{background:{self.accent};color:#fff;margin-left:auto}} .bubble{{max-width:75%;width:fit-content;border-radius:{r.randint(2, 16)}px;padding:{r.randint(3, 10)}px {r.randint(6, 14)}px;margin:{r.randint(2, 8)}px 0}} .them{{background:{grey(line)}}} .dim{{opacity:.75;font-size:.85em}}
          .item{{padding:{r.randint(2, 9)}px {r.randint(6, 16)}px}} .now{{background:{self.accent};color:#fff;border-radius:{r.choice([0, 4, 8])}px}} .bar{{display:flex;gap:{r.randint(2, 14)}px}}
          .drop::after{{content:'\\25BE';float:right;margin-left:.6em}} .tile{{position:absolute;display:flex;align-items:center;justify-content:center;border-radius:{r.choice([0, 3, 8, 16])}px;font-weight:{r.choice([400, 600, 700])}}}
          pre{{font-size:.95em;margin:0;white-space:pre;overflow:hidden;background:none;border:0;padding:0}}"""
        if own or r.random() < .3: self.css += f"html,body{{background:{grey(bg)}!important;color:{grey(fg)}!important}}"
        if own:
            self.css += f"""h1{{font-size:{r.uniform(1.2, 1.9):.2f}em;margin:.2em 0 .5em}} h2{{font-size:1.2em;margin:.2em 0}} p{{margin:.3em 0 .8em}} table{{border-collapse:collapse;width:{r.choice(["100%", "auto"])}}} th,td{{padding:{r.randint(2, 9)}px {r.randint(5, 16)}px;text-align:left;
              {r.choice(["border:1px solid " + grey(line), "border-bottom:1px solid " + grey(line), ""])}}} th{{{r.choice(["background:" + grey(line), "font-weight:600", "border-bottom:2px solid " + self.accent])}}}
              .panel{{background:{grey(panel)};border:1px solid {grey(line)};border-radius:{r.choice([0, 4, 8, 14])}px;padding:{r.randint(8, 22)}px;{r.choice(["", "box-shadow:0 6px 24px #0006"])}}}
              button{{font-size:inherit;padding:{r.randint(3, 9)}px {r.randint(9, 22)}px;border-radius:{r.choice([0, 4, 6, 20])}px;border:1px solid {grey(line)};background:{grey(panel)};color:{grey(fg)}}} button.main{{background:{self.accent};color:#fff;border-color:{self.accent}}}"""
            if r.random() < .4: self.css += f"tr:nth-child(even) td{{background:{grey((9 * bg + fg) // 10)}}}"
            if r.random() < .3: self.css += "td:not(:first-child),th:not(:first-child){text-align:right}"
        else:
            self.css += f"button.main{{background:{self.accent}!important;border-color:{self.accent}!important;color:#fff!important}} button:not(.main){{background:{grey(line)}!important;border-color:{grey(line)}!important;color:{grey(fg)}!important}} button{{width:auto!important;margin:0!important;font-size:inherit!important}} .panel{{border:1px solid {grey(line)};padding:12px;border-radius:6px}} table{{margin:0!important}}"

    def room(self, least):
        """A width for a drawing that fits within the page's margins."""
        return max(least, int((self.width - 58) * self.r.uniform(.75, 1)))

    def page(self, body):
        sheet = open(self.sheet, errors="ignore").read() if self.sheet else ""
        return f'<!doctype html><html data-theme="{"dark" if self.dark else "light"}"><meta charset=utf-8><style>{sheet}</style><style>{self.css}</style><body>{body}</body></html>'


def article(r, look):
    title, paragraphs = r.choice(TITLES) if r.random() < .5 else prose(r, 5), [prose(r, r.choice([6, 12, 20, 30, 45])) for _ in range(r.choice([1, 1, 2]))]
    head = r.random() < .6
    turns = [(ask(r, "title"), title)] if head else []
    return (f"<h1>{esc(title)}</h1>" if head else "") + "".join(f"<p>{esc(p)}</p>" for p in paragraphs), turns, True


def table(r, look):
    nc, nr, heads, firsts = r.randint(2, 5), r.randint(2, 8), [], []
    pool = r.choice([TITLES, SHORT, fields.NAMES])
    while len(heads) < nc:
        if (c := r.choice(pool)) not in heads and len(c) < 16: heads.append(c if pool is fields.NAMES else c.capitalize())
    maker = r.choice([name, lambda r: r.choice(SHORT).capitalize(), lambda r: r.choice(TITLES), lambda r: f"{r.choice(SHORT)}-{r.randint(1, 99)}", lambda r: f"{r.choice(SHORT)}.{r.choice(['txt', 'png', 'go', 'py', 'md'])}"])
    while len(firsts) < nr:
        if (c := maker(r)) not in firsts: firsts.append(c)
    makers = [r.choice([number, value, date, name, lambda r: str(r.randint(0, 999)), lambda r: f"${r.randint(1, 999)}.{r.randint(0, 99):02d}", lambda r: r.choice(["Yes", "No", "Open", "Done", "New", "Active", "Paused", "Failed"])]) for _ in heads]
    makers = [fields.FIELDS.get(h, m) for h, m in zip(heads, makers)]
    rows = [[f] + [makers[j](r) for j in range(1, nc)] for f in firsts]
    turns = []
    for _ in range(10):
        i, j = r.randrange(nr), r.randrange(1, nc)
        turns.append((ask(r, "cell", c=heads[j] if r.random() < .6 else heads[j].lower(), r=firsts[i]), rows[i][j]))
        if [row[j] for row in rows].count(rows[i][j]) == 1 and r.random() < .3: turns.append((ask(r, "row of", h=heads[0].lower(), c=heads[j], v=rows[i][j]), firsts[i]))
    turns += [(ask(r, "rows"), str(nr)), (ask(r, "columns"), str(nc)), (ask(r, "headings"), ", ".join(heads)), (ask(r, "row list", heads[0].lower()), ", ".join(firsts))]
    turns.append((ask(r, "cell", c=r.choice(heads[1:]), r=other(r, FIRSTS, firsts)) if r.random() < .5 else ask(r, "cell", c=other(r, LABELS if pool is SHORT else pool, heads), r=r.choice(firsts)), REFUSAL))
    return "<table><thead><tr>" + "".join(f"<th>{esc(h)}</th>" for h in heads) + "</tr></thead><tbody>" + "".join("<tr>" + "".join(f"<td>{esc(c)}</td>" for c in row) + "</tr>" for row in rows) + "</tbody></table>", turns, r.random() < .3


def invoice(r, look):
    cur, items, facts = r.choice(["$", "$", "EUR ", "GBP ", "£", "€", ""]), {}, {"Date": date(r), "Number": f"{r.choice(['', 'A-', 'INV-', '#'])}{r.randint(100, 99999)}", "Customer": name(r)}
    for _ in range(r.randint(1, 6)): items[f"{r.choice(SHORT).capitalize()} {r.choice(SHORT)}"] = (r.randint(1, 9), r.randint(50, 20000))
    total = f"{cur}{sum(n * c for n, c in items.values()) / 100:.2f}"
    body = f"<h2>{r.choice(['Invoice', 'Receipt', 'Order'])}</h2>" + "".join(f"<div class=pair><span>{k}</span><span>{esc(v)}</span></div>" for k, v in facts.items()) + "<table><tr><th>Item<th>Quantity<th>Price</tr>"
    body += "".join(f"<tr><td>{k}<td>{n}<td>{cur}{c / 100:.2f}</tr>" for k, (n, c) in items.items()) + f"<tr><td><b>Total</b><td><td><b>{total}</b></tr></table>"
    turns = [(ask(r, "total"), total), (ask(r, "total"), total)] + [(ask(r, "value", k.lower()), v) for k, v in facts.items()]
    for k, (n, c) in items.items(): turns += [(ask(r, "cell", c="price", r=k), f"{cur}{c / 100:.2f}"), (ask(r, "cell", c="quantity", r=k), str(n))]
    return body, turns + [(r.choice(["What is the discount?", "What is the tax rate?", "What is the phone number?"]), REFUSAL)], True


def chat(r, look):
    who, said = PICK(r, FIRSTS, r.randint(2, 3)), []
    for _ in range(r.randint(2, 6)): said.append((r.choice(who), prose(r, r.randint(2, 14))))
    body = "".join(f'<div class="bubble {"me" if n == who[0] else "them"}"><div class=dim>{n}</div>{esc(s)}</div>' for n, s in said)
    turns = [(ask(r, "last"), said[-1][1]), (ask(r, "messages"), str(len(said))), ("Who wrote the last message?", said[-1][0]), ("Who wrote the first message?", said[0][0])]
    for n, s in said:
        if sum(n == m for m, _ in said) == 1: turns += [(ask(r, "said", n), s)] * 2
    return body, turns + [(ask(r, "said", other(r, FIRSTS, who)), REFUSAL)], True


def menu(r, look):
    items, flat = PICK(r, LABELS, r.randint(3, 9)), r.random() < .25
    if flat: items = items[:4]
    sel = r.randrange(len(items))
    body = f'<div class="{"bar" if flat else "panel"}" style="max-width:{r.randint(160, 420)}px">' + "".join(f'<div class="item{" now" if i == sel else ""}">{esc(s)}</div>' for i, s in enumerate(items)) + "</div>"
    i = r.randrange(1, len(items))
    return body, [(ask(r, "menu"), items[sel])] * 2 + [(ask(r, "items"), ", ".join(items)), (ask(r, "item count"), str(len(items))), (r.choice(["What is below {}?", "What comes after {}?"]).format(items[i - 1]), items[i]), ("What is the first item?", items[0]), ("What is the last item?", items[-1])], True


def chart(r, look):
    n, kind, W, H, f = r.randint(3, 7), r.choice(["bar", "bar", "bar", "bars", "line", "pie"]), look.room(280), r.randint(200, 400), r.randint(11, 17)
    if kind in ("bar", "line"): n = min(n, W // (f * 5))
    vocabulary = r.choice([SHORT, FIRSTS, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"], ["North", "South", "East", "West", "Asia", "Europe", "Africa"], [str(y) for y in range(2010, 2030)], ["Q1", "Q2", "Q3", "Q4"]])
    n = min(n, len(vocabulary))
    names, title, top = [w.capitalize()[:7 if kind in ("bar", "line") else 12] for w in r.sample(vocabulary, n)], r.choice(TITLES), r.choice([10, 50, 100, 100, 500, 1000])
    if len(set(names)) < n: return chart(r, look)
    vals, palette, many, shown = r.sample(range(max(1, top // 12), top + 1), min(n, top - top // 12)), r.sample([c for c in COLOURS if c not in ("white", "black", "gray")], n), r.random() < .5, r.random() < .65
    axis = not shown and kind in ("bar", "line", "bars")
    tick = next(k * m for m in (1, 10, 100, 1000) for k in (1, 2, 5) if top / (k * m) <= 6)
    if axis:
        half = max(1, tick // 2)
        vals = r.sample(range(half, top + half * n, half), n)
    peak = -(-max(vals) // tick) * tick if axis or r.random() < .5 else max(vals)
    colour = [rgb(r.choice(TONES[c])) for c in palette] if many or kind == "pie" else [look.accent] * n
    unit = r.choice(["", "", "", "%"]) if top == 100 else ""
    s, left, base, head = [], 46, H - 26, 34 + f * (shown and kind != "pie")
    T = lambda x, y, t, anchor="middle", w="": s.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor" font-size="{f}" {w}>{esc(t)}</text>')
    grid = lambda x0, y0, x1, y1: s.append(f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="currentColor" stroke-opacity=".25"/>')
    if kind in ("bar", "line"):
        step, u = (W - left - 8) / n, (base - head) / peak
        if axis or r.random() < .4:
            for v in range(0, peak + 1, tick): grid(left, base - v * u, W - 6, base - v * u); T(left - 6, base - v * u + f * .35, f"{v}{unit}", "end")
        thick = step * r.uniform(.4, .92)
        pts = [(left + (i + .5) * step, base - v * u) for i, v in enumerate(vals)]
        if kind == "line": s.append(f'<polyline fill="none" stroke="{colour[0]}" stroke-width="{r.uniform(1.5, 3.5):.1f}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in pts)}"/>')
        for i, (x, y) in enumerate(pts):
            s.append(f'<rect x="{x - thick / 2:.1f}" y="{y:.1f}" width="{thick:.1f}" height="{base - y:.1f}" rx="{r.choice([0, 0, 4])}" fill="{colour[i]}"/>' if kind == "bar" else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour[0]}"/>')
            T(x, base + f + 3, names[i])
            if shown: T(x, y - 5, f"{vals[i]}{unit}")
        grid(left, base, W - 6, base)
    elif kind == "bars":
        left, step = max(map(len, names)) * f * .62 + 12, (H - head - (20 if axis else 6)) / n
        u = (W - left - 50) / peak
        if axis:
            for v in range(0, peak + 1, tick): grid(left + v * u, head, left + v * u, H - 20); T(left + v * u, H - 5, f"{v}{unit}")
        for i, v in enumerate(vals):
            s.append(f'<rect x="{left}" y="{head + i * step + step * .15:.1f}" width="{v * u:.1f}" height="{step * .7:.1f}" fill="{colour[i]}"/>')
            T(left - 6, head + (i + .5) * step + f * .35, names[i], "end")
            if shown: T(left + v * u + 5, head + (i + .5) * step + f * .35, f"{v}{unit}", "start")
    else:
        R, a = min(H - head - 10, W * .5) / 2, r.uniform(0, 6)
        cx, cy = R + 8, head + R
        for i, v in enumerate(vals):
            b = a + 2 * math.pi * v / sum(vals)
            s.append(f'<path fill="{colour[i]}" stroke="{r.choice(["none", "#fff"])}" d="M{cx:.1f} {cy:.1f}L{cx + R * math.cos(a):.1f} {cy + R * math.sin(a):.1f}A{R:.1f} {R:.1f} 0 {int(b - a > math.pi)} 1 {cx + R * math.cos(b):.1f} {cy + R * math.sin(b):.1f}Z"/>')
            a, y = b, head + (i + .5) * (2 * R / n)
            s.append(f'<rect x="{2 * R + 22:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="{colour[i]}"/>')
            T(2 * R + 40, y + f * .35, names[i] + (r.choice([" ", ": "]) + f"{v}{unit}" if shown else ""), "start")
    T(*r.choice([(10, 20, title, "start"), (W / 2, 20, title, "middle")]), f'style="font-size:{f + 3}px;font-weight:600"')
    hi, lo = names[vals.index(max(vals))], names[vals.index(min(vals))]
    turns = [(ask(r, "tallest").replace("bar ", "category " if kind == "pie" else "bar "), hi), (ask(r, "shortest"), lo), (ask(r, "chart kind"), {"bar": "A bar chart", "bars": "A bar chart", "line": "A line chart", "pie": "A pie chart"}[kind]),
             (ask(r, {"bar": "bars", "bars": "bars", "line": "points", "pie": "slices"}[kind]), str(n)), (ask(r, "chart title"), title), (ask(r, "chart labels"), ", ".join(names)), (ask(r, "tallest"), hi), (ask(r, "chart value", other(r, FIRSTS, names)), REFUSAL)]
    if shown or axis: turns += [(ask(r, "chart value", names[i]), f"{vals[i]}{unit}") for i in range(n) for _ in (0, 1)]
    i, j = r.sample(range(n), 2)
    turns.append((r.choice(["Which is higher, {} or {}?", "Is {} or {} larger?", "Which is bigger, {} or {}?"]).format(names[i], names[j]), names[i] if vals[i] > vals[j] else names[j]))
    if (many or kind == "pie") and kind != "line": turns += [(ask(r, "chart colour", names[i]), palette[i].capitalize()), (ask(r, "colour is", palette[j]), names[j])]
    return f'<svg width="{W}" height="{H}" style="display:block">{"".join(s)}</svg>', turns, False


def shapes(r, look):
    W, H = look.room(220), r.randint(240, 500)
    page = kinds.Page(r, W, H, 1, bg=(0, 0, 0) if look.dark else (255, 255, 255))
    drawn, put = [], kinds.put
    kinds.put = lambda p, sh, cx, cy, s, fill, turn=0, edge=None: drawn.append((sh, cx, cy, s, fill, turn, edge))    # the same things, drawn as SVG
    try: _, turns = kinds.shapes(r, page)
    finally: kinds.put = put
    s = []
    for sh, cx, cy, k, fill, turn, edge in drawn:
        paint = f'fill="{rgb(fill)}"' + (f' stroke="{rgb(edge)}" stroke-width="{max(1, k / 12):.1f}"' if edge else "")
        if sh in ("circle", "oval"): s.append(f'<ellipse cx="{cx:.1f}" cy="{cy:.1f}" rx="{k:.1f}" ry="{k * (1 if sh == "circle" else .6):.1f}" {paint}/>')
        elif sh == "ring": s.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{k * .85:.1f}" fill="none" stroke="{rgb(fill)}" stroke-width="{k * .3:.1f}"/>')
        else: s.append(f'<polygon points="{" ".join(f"{cx + k * x:.1f},{cy + k * y:.1f}" for x, y in CORNERS[sh])}" transform="rotate({math.degrees(turn):.1f} {cx:.1f} {cy:.1f})" {paint}/>')
    return f'<svg width="{W}" height="{H}" style="display:block;background:{rgb(page.image.getpixel((0, 0)))}">{"".join(s)}</svg>', turns, False


def boxes(r, look):
    """Named boxes, in rows or here and there."""
    W, H, pool = look.room(230), r.randint(180, 480), r.choice([FIRSTS, TITLES, [s.capitalize() for s in SHORT[:3000]]])
    spots = r.sample(range(9), r.randint(2, 8))
    names = [n for n in r.sample(pool, 60) if len(n) <= W / 3 / look.size * 1.4][:len(spots)]
    if len(names) < 2: return article(r, look)
    hues = r.sample([c for c in COLOURS if c not in ("black", "white")], len(spots))
    w, h, body = r.uniform(26, 32), r.uniform(12, 30), ""
    for n, hue, c in zip(names, hues, spots):
        fill = r.choice(TONES[hue])
        body += f'<div class=tile style="left:{100 / 3 * (c % 3 + .5) - w / 2:.1f}%;top:{100 / 3 * (c // 3 + .5) - h / 2:.1f}%;width:{w:.1f}%;height:{h:.1f}%;background:{rgb(fill)};color:{rgb(kinds.ink(fill))}">{esc(n)}</div>'
    return f'<div style="position:relative;width:{W}px;height:{H}px">{body}</div>', figures.box_turns(r, list(zip(names, hues, spots)), pool), False


def code(r, look):
    page, turns = kinds.KINDS["code"](r)
    if not any(is_of(q, "language") for q, _ in turns): return article(r, look)
    tint = lambda l: "".join(f'<span style="color:{look.accent}">{esc(w)}</span>' if w in WORDS_OF_CODE else esc(w) for w in re.split(r"(\W+)", l))
    text = "\n".join(map(tint, page.rows))
    keep = [(q, a) for q, a in turns if not q.startswith(("What does line", "Read line", "What is on line", "What is written on line"))]
    return f"<pre style=\"font-family:'{r.choice(MONO)}'!important\">{text}</pre>", keep, False


def terminal(r, look):
    """Some commands with what they print, and mostly the next prompt."""
    prompt, named = prompted(r)
    runs = [(typed(r), answered(r)) for _ in range(r.choice([1, 1, 2, 3]))]
    lines, (cmd, out) = [], runs[-1]
    for c, o in runs: lines += [(prompt, c), ("", o)]
    if r.random() < .7: lines.append((prompt.strip(), ""))
    dark, hue = r.random() < .8, look.accent
    text = "\n".join(f'<span style="color:{hue}">{esc(a)}</span>{esc(b)}' if r.random() < .7 else esc(a + b) for a, b in lines)
    one = len(runs) == 1
    turns = [(r.choice(["What is the last command?", "Which command was run last?", "What was typed last?", "What was the last command?"]) if not one else ask(r, "command"), cmd)] * 2
    turns += [(ask(r, "output").replace("output", "output" if one else "last output"), out), (r.choice(["What is the error?", "What did the last command print?", "What is the output of the last command?", "What went wrong?", "What does it answer to the last command?"]), out)]
    turns += placed(r, *named)
    if not one: turns += [(r.choice(["What was the first command?", "Which command was run first?"]), runs[0][0]), (r.choice(["How many commands were run?", "How many commands are shown?"]), str(len(runs)))]
    colours = "background:#111;color:#ddd" if dark else "background:#fafaf5;color:#222"
    return f"<style>html,body{{{colours}!important}}</style><pre style=\"font-family:'{r.choice(MONO)}'!important;white-space:pre-wrap;color:inherit;line-height:{r.uniform(1.2, 1.6):.2f}\">{text}</pre>", turns, True


KINDS = {"article": (article, .13), "dialog": (dialog, .24), "form": (form, .32), "table": (table, .14), "invoice": (invoice, .03), "chat": (chat, .04), "menu": (menu, .04), "chart": (chart, .13), "shapes": (shapes, .06), "boxes": (boxes, .04), "code": (code, .05), "terminal": (terminal, .03)}


def several(r, look):
    """A window as large as the page: a title, menus, a side bar, some of the kinds beside each other, and a status bar; not each has all of them."""
    items, (title, status, tools) = PICK(r, LABELS, r.randint(3, 8)), (r.choice(TITLES) if r.random() < .7 else "" for _ in range(3))
    sel, parts, turns = r.randrange(len(items)), [], []
    for k in r.sample(["form", "table", "article", "chart", "chat", "dialog"], r.randint(1, 3)):
        body, t, _ = KINDS[k][0](r, look)
        parts.append(f"<section style='flex:1;min-width:0;margin:6px'>{body}</section>")
        turns += [x for x in t if not is_of(x[0], "read", "describe", "title", "rows", "columns")]
    line, thin = "border:0 solid currentColor", r.choice(["", "font-size:.85em;"])
    side = f"<nav style='width:{r.randint(120, 200)}px;flex:none;display:block'>" + "".join(f'<div class="item{" now" if i == sel else ""}">{esc(s)}</div>' for i, s in enumerate(items)) + "</nav>"
    turns += [(ask(r, "side item"), items[sel])] * 2 + [(ask(r, "side items"), ", ".join(items))]
    head = foot = bar = ""
    if title:
        if r.random() < .4: title += r.choice([" - ", " – "]) + r.choice(FIRSTS)
        head = f"<div style='{line};border-bottom-width:1px;padding:4px 8px;text-align:{r.choice(['left', 'center'])}'>{esc(title)}</div>"
        turns += [(ask(r, "window title"), title)] * 2
    if tools:
        names = PICK(r, BUTTONS, r.randint(2, 6))
        bar = "<div class=row style='justify-content:flex-start;padding:4px 8px'>" + "".join(f"<button>{esc(n)}</button>" if tools[0] < "M" else f"<span>{esc(n)}</span>" for n in names) + "</div>"
        turns.append((ask(r, "tools"), ", ".join(names)))
    if status:
        status = r.choice([f"{r.randint(2, 900)} {r.choice(SHORT)}, {r.choice(SHORT)} {r.choice(SHORT)} {r.randint(1, 23)}:{r.randint(0, 59):02d}", f"{status} ({number(r)})", f"{r.choice(SHORT).capitalize()}: {value(r)}", status, prose(r, r.randint(3, 7))])
        foot = f"<div style='{line};border-top-width:1px;padding:3px 8px;{thin}'>{esc(status)}</div>"
        turns += [(ask(r, "status"), " ".join(status.split()))] * 2
    middle = f"<div style='display:flex;gap:12px;flex:1;{r.choice(['', 'flex-direction:row-reverse;'])}'>{side}<div style='flex:1;min-width:0;display:{r.choice(['flex', 'block'])};flex-wrap:wrap;align-content:flex-start'>{''.join(parts)}</div></div>"
    pad = r.choice([0, 0, look.pad])
    return f"<style>body{{padding:{pad}px!important}}</style><div style='display:flex;flex-direction:column;min-height:{look.height - 2 * pad}px'>{head}{bar}{middle}{foot}</div>", turns, False


def main():
    sheets, out, count, seed = sys.argv[1:]
    from playwright.sync_api import sync_playwright
    sheets, r = sorted(glob.glob(f"{sheets}/*.css")), random.Random(f"pages {seed}")
    families = sorted({l.split(",")[0].strip() for l in os.popen("fc-list : family").read().splitlines()} - {""})
    assert families and sheets and FONTS
    with sync_playwright() as p, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--force-color-profile=srgb", "--disable-lcd-text"] if r.random() < .8 else ["--no-sandbox"])
        tabs = {k: browser.new_page(device_scale_factor=k) for k in (1, 1.25, 1.5, 2)}
        for i in range(int(count)):
            look, k, wide = Look(r, sheets, families), r.choice([1, 1, 1, 1, 1, 1.25, 1.5, 2]), r.random() < .25
            draw = several if wide else r.choices([d for d, _ in KINDS.values()], [s for _, s in KINDS.values()])[0]
            k, (w, look.height) = (1, r.choice([(800, 600), (800, 600), (800, 600), (1024, 640), (1024, 768), (1280, 800), (1366, 768), (1440, 900)])) if wide else (k, (r.randint(230, 520), 640))
            if draw in (chart, shapes, boxes): w = max(w, 340)
            look.width = w
            body, turns, whole = draw(r, look)
            tab = tabs[k]
            tab.set_viewport_size({"width": w, "height": look.height})
            tab.set_content(look.page(body))
            seen = tab.evaluate(BOXES)
            h = min(max(seen["height"], 40), look.height)
            shot = Image.open(io.BytesIO(tab.screenshot(clip={"x": 0, "y": 0, "width": w, "height": h}))).convert("RGB")
            # What is cut off cannot be asked about: such a page is left out, as is one with wide tables or charts.
            if not turns or seen["height"] > h or any(b[1] < 0 or b[3] > w for b in seen["boxes"]): continue
            text = " ".join(seen["text"].split())
            if whole and len(text) < 420: turns += [(ask(r, "read"), text)] * 2
            elif not whole and draw in (table, code) and len(text) < 300: turns.append((ask(r, "read"), text))
            f = io.BytesIO()
            shot.save(f, "WEBP", lossless=True, quality=60, method=3)
            z.writestr(f"{i}.webp", f.getvalue(), zipfile.ZIP_STORED)
            z.writestr(f"{i}.json", json.dumps({"kind": draw.__name__, "boxes": [[b[0] - FIRST + 1] + [round(v * k) for v in b[1:]] for b in seen["boxes"]], "turns": [(q, a, getattr(q, "what", ""), getattr(q, "about", "")) for q, a in turns]}, separators=(",", ":")))


if __name__ == "__main__": main()
