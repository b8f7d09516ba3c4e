"""The kinds of screens. A kind draws one picture and returns (page, turns): questions about it with their answers."""
from draw import COLOURS, FIRST, FIRSTS, LABELS, MESSAGES, PICK, SHORT, TITLES, Page, date, ink, name, near, new, number, other, prose, scale, size, tone, value
import drawn, fields, sources
from asking import ABSENT, CHOSEN, REFUSAL, ask, elsewhere, is_of, politely, said
from figures import PLACES, SHAPES, boxes, put


def paragraph(r):
    p = new(r, lo=180)
    if r.random() < .5: p = Page(r, p.w, min(p.h, r.randint(60, 420)), p.k, theme=p.theme)
    f = p.font(11, 26 if r.random() < .8 else 40)
    m, lh = r.randint(4, 40), p.height(f) * r.uniform(1, 1.45)
    words = r.choice([3, 8, 14, 22, 35, 50, 65])
    ls = p.wrap(f, prose(r, words), p.w - 2 * m)[:max(1, int((p.h - 8) / lh))]
    y, centre = r.uniform(3, max(4, p.h - lh * len(ls) - 4)), r.random() < .12
    fill = p.theme.fg if r.random() < .85 else p.theme.dim
    for l in ls:
        p.text((p.w - p.width(f, l)) / 2 if centre else m, y, l, f, fill)
        y += lh
    turns = [(ask(r, "read"), " ".join(ls))]
    if len(ls) > 1 and r.random() < .5:
        i = r.randrange(len(ls))
        turns.append((ask(r, "line", i + 1), ls[i]))
    if r.random() < .3:
        w = " ".join(ls).split()
        if len(w) > 4:
            i = r.randrange(1, len(w))
            if w.count(w[i - 1]) == 1: turns.append((r.choice([f'Which word comes after "{w[i - 1]}"?', f'What follows "{w[i - 1]}"?']), w[i]))
        if w: turns.append((r.choice(["What is the first word?", "Which word is first?"]), w[0])); turns.append((r.choice(["What is the last word?", "Which word is last?"]), w[-1]))
    return p, turns


BUTTONS = ["OK", "Cancel", "Save", "Delete", "Don't Save", "Retry", "Close", "Continue", "Open", "Yes", "No", "Allow", "Deny", "Later", "Update", "Quit", "Install", "Remove", "Apply", "Ignore", "Skip",
           "Send", "Discard", "Replace", "Try Again", "Restart", "Not Now", "Learn More", "Back", "Next", "Finish", "Done", "Log In", "Sign Out", "Accept", "Reject", "Help", "Details", "Keep Both", "Stop"]

# What there is to choose from in a form.
OPTIONS = [t for t in TITLES[:3000] if len(t) < 14]

# What stands beside a box to tick in a dialog.
ASIDE = ["Never tell me again", "Keep this answer", "Stop showing this", "Always do this", "The same for the others", "Remember password", "Show details", "Hide this next time", "Stay signed in", "Make a copy first", "Skip this step from now on", "Move to the bin as well", "Tell the owner", "Ask me tomorrow"]


def tick_box(p, x, y, s, on):
    p.rect(x, y, x + s, y + s, fill=p.theme.accent if on else p.theme.panel, outline=p.theme.fg, radius=p.r.choice([0, 2]))
    if on: p.line(x + s * .2, y + s * .5, x + s * .45, y + s * .78, x + s * .85, y + s * .2, fill=(255, 255, 255), w=max(1.5, s / 8))


def dialog(r):
    p = new(r, lo=320)
    t = p.theme
    backdrop = tuple(r.randint(0, 255) for _ in range(3)) if r.random() < .6 else p.theme.bg
    p.rect(0, 0, p.w, p.h, fill=backdrop)
    w = r.randint(min(290, p.w - 20), min(520, p.w - 10))
    f, ft, fb = p.font(12, 19), p.font(13, 21), p.font(12, 17)
    title, msg = p.cut(ft, r.choice(TITLES), w - 110), r.choice(MESSAGES) if r.random() < .85 else prose(r, 18)
    ls = p.wrap(f, msg, w - 44)[:5]
    lh, bh = p.height(f) * r.uniform(1, 1.25), p.height(fb) + r.randint(6, 14)
    names = PICK(r, BUTTONS if r.random() < .8 else [l for l in TITLES[:4000] if len(l) <= 14], r.choice([1, 2, 2, 2, 3, 3]))
    while sum(p.width(fb, b) + 42 for b in names) > w - 10: names.pop()
    names = names or ["OK"]
    tick = p.cut(f, r.choice(LABELS if r.random() < .7 else ASIDE), w - 80) if r.random() < .25 else ""
    th, H = p.height(ft) + 16, 0
    H = th + 14 + lh * (len(ls) + (1.4 if tick else 0)) + 18 + bh + 12
    x0, y0 = r.randint(4, max(5, p.w - w - 4)), r.randint(2, max(3, int(p.h - H - 2)))
    p.rect(x0, y0, x0 + w, y0 + H, fill=t.panel, outline=t.line, radius=r.randint(0, 12))
    left = 16
    if r.random() < .5:
        for i, c in enumerate([(255, 95, 86), (255, 189, 46), (39, 201, 63)]): p.draw.ellipse(p.px(x0 + 12 + i * 19, y0 + th / 2 - 6, x0 + 24 + i * 19, y0 + th / 2 + 6), fill=c)
        left = 78
    elif r.random() < .5: p.text(x0 + w - 24, y0 + 8, "x", ft, t.dim)
    if r.random() < .4: p.line(x0, y0 + th, x0 + w, y0 + th)
    p.text(x0 + (left if r.random() < .7 else max(left, (w - p.width(ft, title)) / 2)), y0 + 8, title, ft, t.fg)
    y = y0 + th + 12
    for l in ls: p.text(x0 + 20, y, l, f, t.fg); y += lh
    on = r.random() < .5
    if tick:
        y, e = y + lh * .3, p.height(f) * .75
        tick_box(p, x0 + 20, y + p.height(f) * .14, e, on)
        p.text(x0 + 28 + e, y, tick, f, t.fg)
    y, x = y0 + H - bh - 12, x0 + w - 14
    widths = [p.width(fb, b) + r.randint(18, 30) for b in names]
    if r.random() < .25: x = x0 + w / 2 + (sum(widths) + 10 * (len(names) - 1)) / 2
    main = r.choice([len(names) - 1] * 3 + [0])
    for i in reversed(range(len(names))):
        x -= widths[i]
        p.rect(x, y, x + widths[i], y + bh, fill=t.accent if i == main else t.line, radius=r.choice([0, 4, 6, 12]))
        p.text(x + (widths[i] - p.width(fb, names[i])) / 2, y + (bh - p.height(fb)) / 2, names[i], fb, (255, 255, 255) if i == main else t.fg)
        x -= 10
    m = " ".join(ls)
    turns = [(ask(r, "title"), title), (ask(r, "message"), m), (ask(r, "buttons"), ", ".join(names)), (ask(r, "button count"), str(len(names))), (ask(r, "main button"), names[main])]
    if tick:
        turns += [(q := ask(r, "checked", tick), said(q, on)), (ask(r, "buttons"), ", ".join(names))]
        if r.random() < .3: turns.append((ask(r, "is there button", tick), "No"))
    turns.append((ask(r, "read"), " ".join([title, m] + [tick] * bool(tick) + names)))
    there = r.random() < .5
    turns.append((ask(r, "is there button", r.choice(names) if there else other(r, BUTTONS, names)), "Yes" if there else "No"))
    turns.append((ask(r, "describe"), f'A dialog titled "{title}". It says: {m} The buttons are {", ".join(names)}.'))
    return p, turns


def radio(p, x, y, s, on):
    """The button of one of a few: a dot within a ring, or a filled one with a hole."""
    t, full = p.theme, p.r.random() < .4
    p.draw.ellipse(p.px(x, y, x + s, y + s), outline=t.accent if on and full else t.fg, fill=t.accent if on and full else t.panel)
    if on: p.draw.ellipse(p.px(x + s * .26, y + s * .26, x + s * .74, y + s * .74), fill=(255, 255, 255) if full else t.accent)


def choice(p, f, x, y, mid, colon, taken):
    """A row of options, one of which is chosen, beside its label or under it: the label, what is chosen, and the room it takes; or None."""
    r, s = p.r, p.height(f) * .75
    k, beside, gap = p.cut(f, r.choice([r.choice(fields.NAMES), r.choice(LABELS), r.choice(SHORT).capitalize()]), mid - x - 14), r.random() < .6, r.randint(10, 22)
    left, options = mid if beside else x, []
    for o in PICK(r, OPTIONS if r.random() < .6 else [w.capitalize() for w in SHORT[:3000]], r.randint(2, 4)):
        if left + sum(p.width(f, i) + s + 6 + gap for i in options + [o]) < p.w: options.append(o)
    if len(options) < 2 or not k or k in taken: return None
    p.text(x, y, k + (":" if colon else ""), f)
    down, now = 0 if beside else p.height(f) * 1.2, r.choice(options)
    for o in options:
        radio(p, left, y + down + p.height(f) * .14, s, o == now)
        p.text(left + s + 6, y + down, o, f)
        left += p.width(f, o) + s + 6 + gap
    return k, now, down


def form(r, change=None):
    """Labels with values, check boxes and radio buttons: settings, properties, an invoice's head. `change` draws the same but for one value: the row's number and another r."""
    p = new(r, lo=300)
    t, f, turns = p.theme, p.font(11, 20), []
    fv = f if r.random() < .7 else p.font(11, 20)
    h, y, x = p.height(f) * r.uniform(1.2, 2.1), r.randint(4, 30), r.randint(6, 40)
    style, colon, mid = r.choice(["plain", "box", "above", "right"]), r.random() < .4, r.uniform(.36, .5)
    pairs, checks, groups, title = [], [], [], ""
    if r.random() < .6:
        ft = p.font(15, 24)
        title = p.cut(ft, r.choice(TITLES), p.w - x - 10)
        p.text(x, y, title, ft); y += p.height(ft) * 1.5
    plain = r.random() < .5
    for _ in range(r.randint(2, 9)):
        if r.random() < .13 and y + 2.5 * h < p.h and (g := choice(p, f, x, y, p.w * mid, colon, dict(pairs) | {g[0]: 0 for g in groups})):
            groups.append(g[:2]); y += h + g[2]
            continue
        n = r.choice(LABELS if plain else fields.NAMES)
        k, v = p.cut(f, n, p.w * mid - x - 14 if style != "above" else p.w - x - 20), fields.FIELDS.get(n, value)(r)
        if change and len(pairs) == change[0]: v = fields.FIELDS.get(n, value)(change[1])
        v = p.cut(fv, v, p.w * (1 - mid) - 24 if style != "above" else p.w - x - 30)
        if y + h * (2 if style == "above" else 1) > p.h - 2 or not k or not v or k in dict(pairs) or k in dict(groups): continue
        p.text(x, y, k + (":" if colon else ""), f, t.dim if r.random() < .3 else t.fg)
        vx = x + 4 if style == "above" else p.w * mid
        if style == "above": y += p.height(f) * 1.15
        if style == "right": vx = p.w - 12 - p.width(fv, v)
        if style in ("box", "above"): p.rect(vx - 5, y - 2, p.w - 10, y + p.height(fv) + 2, fill=t.panel, outline=t.line, radius=r.choice([0, 3, 6]))
        p.text(vx, y, v, fv)
        pairs.append((k, v)); y += h
    kind = r.choice(["none", "box", "box", "switch", "radio"])
    chosen = None
    if kind != "none":
        chosen = r.randrange(5)
        for i in range(r.randint(2, 5)):
            k, s = p.cut(f, r.choice(LABELS), p.w - x - 60), p.height(f) * .75
            on = i == chosen if kind == "radio" else r.random() < .5
            if y + h > p.h - 2 or k in dict(pairs) or k in dict(checks) or k in dict(groups): continue
            yy = y + p.height(f) * .14
            if kind == "switch":
                sx = p.w - 16 - 2 * s
                p.rect(sx, yy, sx + 1.8 * s, yy + s, fill=t.accent if on else t.line, radius=s / 2)
                p.draw.ellipse(p.px(sx + (.9 * s if on else 1), yy + 1, sx + (1.7 * s if on else .8 * s), yy + s - 1), fill=(255, 255, 255))
                p.text(x, y, k, f)
            elif kind == "radio":
                radio(p, x, yy, s, on)
                p.text(x + s + 8, y, k, f)
            else:
                tick_box(p, x, yy, s, on)
                p.text(x + s + 8, y, k, f)
            checks.append((k, on)); y += h
    if len(pairs) + len(checks) < 2: return paragraph(r)
    p.pairs = pairs
    for k, v in PICK(r, pairs, 5): turns.append((fields.wonder(r, k) if k in fields.FIELDS else ask(r, "value", k if r.random() < .8 else k.lower()), v))
    for k, v in PICK(r, pairs, 1):
        if sum(v == b for _, b in pairs) == 1: turns.append((ask(r, "field", v), k))
    for k, now in groups: turns += [(r.choice(CHOSEN).format(k), now), (ask(r, "value", k), now)]
    if title: turns.append((ask(r, "title"), title))
    if checks and kind != "radio":
        on = [k for k, c in checks if c]
        for k, c in PICK(r, checks, 3): turns.append((q := ask(r, "checked", k), said(q, c)))
        turns += [(ask(r, "checked list"), ", ".join(on) if on else "None"), (ask(r, "checked count"), str(len(on)))]
    elif checks and any(c for _, c in checks) and not groups: turns.append((ask(r, "radio"), next(k for k, c in checks if c)))
    if checks or r.random() < .2: turns.append((ask(r, "checked", other(r, LABELS, dict(pairs) | dict(checks))), REFUSAL))
    if pairs and plain: turns.append((ask(r, "value", other(r, LABELS, dict(pairs) | dict(checks))), REFUSAL))
    if r.random() < .3 and not groups: turns.append((ask(r, "read"), " ".join(([title] if title else []) + [f"{k}{':' if colon else ''} {v}" for k, v in pairs] + [k for k, _ in checks])))
    return p, turns


def table(r):
    p = new(r, lo=320)
    t, f = p.theme, p.font(11, 18)
    fh = f if r.random() < .5 else p.font(11, 18)
    nc, nr = r.randint(2, 5 if p.w > 420 else 3), r.randint(2, 10)
    cw, h = (p.w - 16) / nc, max(p.height(f), p.height(fh)) * r.uniform(1.15, 1.8)
    nr = min(nr, int((p.h - 8) / h) - 1)
    if nr < 1: return paragraph(r)
    y0 = r.randint(2, max(3, int(p.h - h * (nr + 1) - 4)))
    heads, firsts = [], []
    pool = r.choice([LABELS, TITLES, fields.NAMES])
    while len(heads) < nc:
        c = p.cut(fh, r.choice(pool), cw - 12)
        if c and c not in heads: heads.append(c)
    maker = r.choice([name, lambda r: r.choice(SHORT).capitalize(), lambda r: r.choice(LABELS), lambda r: f"{r.choice(SHORT)}-{r.randint(1, 99)}"])
    while len(firsts) < nr:
        c = p.cut(f, maker(r), cw - 12)
        if c and c not in firsts: firsts.append(c)
    kinds = [r.choice([number, value, lambda r: str(r.randint(0, 999)), lambda r: f"${r.randint(1, 999)}.{r.randint(0, 99):02d}", date, name, lambda r: r.choice(["Yes", "No", "Open", "Done", "New", "Active", "Paused", "Failed"])]) for _ in heads]
    kinds = [fields.FIELDS.get(h, k) for h, k in zip(heads, kinds)]
    rows = [[firsts[i]] + [p.cut(f, kinds[j](r), cw - 12) or "0" for j in range(1, nc)] for i in range(nr)]
    grid, stripe, right = r.random() < .3, r.random() < .3, r.random() < .3
    if r.random() < .4: p.rect(8, y0 - 2, p.w - 8, y0 + h - 4, fill=t.line)
    for j, c in enumerate(heads): p.text(12 + j * cw, y0, c, fh)
    if r.random() < .7: p.line(8, y0 + h - 3, p.w - 8, y0 + h - 3, fill=t.dim)
    for i, row in enumerate(rows):
        y = y0 + (i + 1) * h
        if stripe and i % 2: p.rect(8, y - 2, p.w - 8, y + h - 2, fill=t.panel)
        if grid: p.line(8, y + h - 3, p.w - 8, y + h - 3)
        for j, c in enumerate(row): p.text(12 + j * cw if not (right and j) else (j + 1) * cw - p.width(f, c), y, c, f)
    turns = []
    for _ in range(6):
        i, j = r.randrange(nr), r.randrange(1, nc)
        turns.append((ask(r, "cell", c=heads[j] if r.random() < .7 else heads[j].lower(), r=rows[i][0]), rows[i][j]))
    i, j = r.randrange(nr), r.randrange(1, nc)
    if [row[j] for row in rows].count(rows[i][j]) == 1: turns.append((ask(r, "row of", h=heads[0].lower(), c=heads[j], v=rows[i][j]), rows[i][0]))
    turns += [(ask(r, "rows"), str(nr)), (ask(r, "columns"), str(nc)), (ask(r, "headings"), ", ".join(heads)), (ask(r, "row list", heads[0].lower()), ", ".join(firsts))]
    turns.append((ask(r, "cell", c=r.choice(heads[1:]), r=other(r, FIRSTS, firsts)) if r.random() < .5 else ask(r, "cell", c=other(r, pool, heads), r=r.choice(firsts)), REFUSAL))
    if r.random() < .12: turns.append((ask(r, "read"), " ".join([" ".join(heads)] + [" ".join(row) for row in rows])))
    return p, turns


def invoice(r):
    p = new(r, lo=320)
    f, fb, y, x = p.font(11, 17), p.font(16, 26), r.randint(4, 24), r.randint(8, 30)
    h, cur = p.height(f) * r.uniform(1.15, 1.6), r.choice(["$", "EUR ", "", "£", "€"])
    shop, kind = p.cut(fb, f"{r.choice(FIRSTS)} {r.choice(['Ltd', 'Inc', 'Shop', 'Cafe', 'Store', 'Market', '& Co'])}", p.w - 2 * x), r.choice(["Invoice", "Receipt", "Order", "Bill"])
    p.text(x, y, shop, fb); y += p.height(fb) * 1.2
    facts = [(f"{kind} number", f"{r.choice(['', 'A-', 'INV-', '#'])}{r.randint(100, 99999)}"), ("Date", date(r)), (r.choice(["Customer", "Bill to", "Name"]), name(r))][:r.randint(1, 3)]
    for k, v in facts: p.text(x, y, f"{k}: {v}", f); y += h
    items, total = [], 0
    for _ in range(r.randint(1, 6)):
        n = p.cut(f, f"{r.choice(SHORT).capitalize()} {r.choice(SHORT)}", p.w * .55 - x)
        q, c = r.randint(1, 9), r.randint(50, 20000)
        if y + 2 * h > p.h or n in [i[0] for i in items]: continue
        s = f"{cur}{c / 100:.2f}"
        p.text(x, y, n, f); p.text(p.w * .6, y, str(q), f); p.text(p.w - x - p.width(f, s), y, s, f)
        items.append((n, q, s)); total += c; y += h
    if not items or y + h > p.h + 2: return form(r)
    p.line(x, y, p.w - x, y, fill=p.theme.dim)
    s = f"{cur}{total / 100:.2f}"
    p.text(x, y + 2, "Total", f); p.text(p.w - x - p.width(f, s), y + 2, s, f)
    turns = [(ask(r, "total"), s), (r.choice(["Who is it from?", "What is the name of the company?", "Which shop is it?"]), shop), (r.choice(["How many items are listed?", "How many items are there?"]), str(len(items)))]
    for k, v in facts: turns.append((ask(r, "value", k.lower()), v))
    for n, q, c in PICK(r, items, 3): turns += [(r.choice([f"How much is {n}?", f"What does {n} cost?", f"What is the price of {n}?", f"How much does {n} cost?"]), c), (r.choice([f"How many {n}?", f"What is the quantity of {n}?"]), str(q))]
    turns.append((r.choice([f"How much is {r.choice(SHORT).capitalize()} {r.choice(SHORT)}?", "What is the phone number?", "What is the discount?", "What is the tax rate?"]), REFUSAL))
    return p, turns


def chat(r):
    p = new(r, lo=280)
    t, f, fn, y, said = p.theme, p.font(12, 18), p.font(11, 15), r.randint(4, 14), []
    who = PICK(r, FIRSTS, r.randint(2, 3))
    for i in range(r.randint(2, 6)):
        n, ls = r.choice(who), p.wrap(f, r.choice(MESSAGES) if r.random() < .4 else prose(r, r.randint(2, 14)), p.w * .62)[:3]
        w, h = max([p.width(f, l) for l in ls] + [20]) + 20, p.height(f) * len(ls) + 12
        if y + h + p.height(fn) > p.h: break
        x = p.w - w - 12 if n == who[0] else 12
        p.text(x + 4, y, n, fn, t.dim); y += p.height(fn) + 2
        p.rect(x, y, x + w, y + h, fill=t.accent if n == who[0] else t.line, radius=9)
        for j, l in enumerate(ls): p.text(x + 10, y + 6 + j * p.height(f), l, f, (255, 255, 255) if n == who[0] else t.fg)
        said.append((n, " ".join(ls))); y += h + r.randint(4, 10)
    if not said: return paragraph(r)
    turns = [(ask(r, "last"), said[-1][1]), (ask(r, "messages"), str(len(said))), ("Who wrote the last message?", said[-1][0]), ("Who wrote the first message?", said[0][0])]
    for n, s in PICK(r, said, 3):
        if sum(n == m for m, _ in said) == 1: turns.append((ask(r, "said", n), s))
        turns.append((r.choice(['Who wrote "{}"?', 'Who said "{}"?']).format(s), n))
    turns += [(ask(r, "said", other(r, FIRSTS, who)), REFUSAL), (ask(r, "read"), " ".join(f"{n} {s}" for n, s in said))]
    return p, turns


def menu(r):
    """A list, menu, side bar or row of tabs with one entry selected."""
    p = new(r, lo=180)
    t, f, items, flat = p.theme, p.font(12, 20), [], r.random() < .25
    h, x, y = p.height(f) * r.uniform(1.2, 1.8), r.randint(4, 30), r.randint(4, 30)
    for _ in range(r.randint(3, 10)):
        s = p.cut(f, r.choice(LABELS), p.w - x - 20)
        if s and s not in items and (x + sum(p.width(f, i) + 24 for i in items + [s]) < p.w if flat else y + h * (len(items) + 1) < p.h): items.append(s)
    if len(items) < 2: return paragraph(r)
    sel = r.randrange(len(items))
    for i, s in enumerate(items):
        w = p.width(f, s) + 14 if flat else p.w - 2 * x + 8
        if i == sel: p.rect(x - 5, y - 1, x + w - 5, y + p.height(f) + 2, fill=t.accent, radius=r.choice([0, 4]))
        p.text(x, y, s, f, (255, 255, 255) if i == sel else t.fg)
        if flat: x += w + 10
        else: y += h
    i = r.randrange(1, len(items))
    return p, [(ask(r, "menu"), items[sel]), (ask(r, "items"), ", ".join(items)), (ask(r, "item count"), str(len(items))), (r.choice(["What is below {}?", "What comes after {}?"]).format(items[i - 1]), items[i]),
               (r.choice(["What is the first item?", "What is at the top of the list?"]), items[0]), (r.choice(["What is the last item?", "Which entry is last?"]), items[-1])]


def chart(r):
    p = new(r, lo=280)
    if p.h < 220: p = Page(r, p.w, r.randint(220, 500), p.k, theme=p.theme)
    t, kind, f, ft = p.theme, r.choice(["bar", "bar", "bar", "bars", "line", "pie"]), p.font(11, 17), p.font(14, 22)
    n = r.randint(3, 7 if p.w > 380 else 5)
    top, step = r.choice([10, 50, 100, 100, 500, 1000]), (p.w - 60) / n
    vals, names = r.sample(range(max(1, top // 12), top + 1), min(n, top - top // 12)), []
    n = len(vals)
    vocabulary = r.choice([SHORT, FIRSTS, TITLES, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"], ["North", "South", "East", "West", "Asia", "Europe", "Africa"], [str(y) for y in range(2010, 2030)]])
    for w in (r.sample(vocabulary, n) if len(vocabulary) >= n else []):
        w = p.cut(f, w.capitalize(), step - 6 if kind in ("bar", "line") else p.w * .25)
        if w and w not in names: names.append(w)
    if len(names) < n: return chart(r)
    title = p.cut(ft, r.choice(TITLES), p.w - 30)
    p.text(r.choice([10, 20, max(4, (p.w - p.width(ft, title)) / 2)]), 5, title, ft)
    palette = r.sample([c for c in COLOURS if c not in ("white", "black", "gray")], n)
    one, shown, y0, base = r.random() < .45, r.random() < .8, p.height(ft) + 30, p.h - p.height(f) - 14
    colour = [tone(r, c) for c in palette] if not one else [tone(r, palette[0])] * n
    axis = kind in ("bar", "line") and (r.random() < .85 if not shown else r.random() < .35)
    sign, unit, peak, left = r.choice(["", "", "", "", "$", "EUR "]), "", max(vals), 40
    if not sign: unit = r.choice(["", "", "", "%"]) if top == 100 else r.choice(["", "", "", "", " kg", "k", " h", " ms"])
    commas, thick, round_, inside = r.random() < .5, r.uniform(.4, .95), r.choice([0, 0, 0, 3, 6]), r.random() < .2
    show = lambda v: f"{sign}{v:,}{unit}" if commas else f"{sign}{v}{unit}"
    if axis:    # ticks and lines across; values that are read off the axis alone lie on it or half way between
        tick = next(k * m for m in (1, 10, 100, 1000) for k in (1, 2, 5) if max(vals) / (k * m) <= r.choice([4, 5, 6, 8]))
        if not shown:
            half = max(1, tick // 2)
            vals = r.sample(range(half, max(vals) + half * (n + 2), half), n)
        peak = -(-max(vals) // tick) * tick
        left = p.width(f, show(peak)) + 16
        step = (p.w - left - 10) / n
        for v in range(0, peak + 1, tick):
            y = base - v * (base - y0) / peak
            p.line(left - 4, y, p.w - 8, y)
            p.text(left - 8 - p.width(f, show(v)), y - p.height(f) / 2, show(v), f, t.dim)
    hi, lo = names[vals.index(max(vals))], names[vals.index(min(vals))]
    span = (base - y0) / peak
    if kind == "bar":
        for i, v in enumerate(vals):
            x = left + i * step
            m = step * (1 - thick) / 2
            p.rect(x + m, base - v * span, x + step - m, base, fill=colour[i], radius=round_)
            p.text(x + step * .5 - p.width(f, names[i]) / 2, base + 4, names[i], f)
            within = inside and v * span > 1.5 * p.height(f) and p.width(f, show(v)) < step * thick
            if shown: p.text(x + step * .5 - p.width(f, show(v)) / 2, base - v * span + 3 if within else base - v * span - p.height(f) - 2, show(v), f, ink(colour[i]) if within else t.fg)
        p.line(left - 6, base, p.w - 8, base, fill=t.dim)
    elif kind == "bars":
        rh = (p.h - y0 - 10) / n
        left = max(p.width(f, s) for s in names) + 14
        for i, v in enumerate(vals):
            w = (p.w - left - 60) * v / max(vals)
            p.text(6, y0 + i * rh + rh * .5 - p.height(f) / 2, names[i], f)
            m = rh * (1 - thick) / 2
            p.rect(left, y0 + i * rh + m, left + w, y0 + (i + 1) * rh - m, fill=colour[i], radius=round_)
            if shown: p.text(left + w + 5, y0 + i * rh + rh * .5 - p.height(f) / 2, show(v), f)
    elif kind == "line":
        at = [(left + (i + .5) * step, base - v * span) for i, v in enumerate(vals)]
        p.line(*[c for a in at for c in a], fill=colour[0], w=2.5)
        for i, (x, y) in enumerate(at):
            p.draw.ellipse(p.px(x - 4, y - 4, x + 4, y + 4), fill=colour[0])
            p.text(x - p.width(f, names[i]) / 2, base + 4, names[i], f)
            if shown: p.text(x - p.width(f, show(vals[i])) / 2, y - p.height(f) - 6, show(vals[i]), f)
        p.line(left - 6, base, p.w - 8, base, fill=t.dim)
    else:
        one, R = False, min((p.h - y0 - 8) / 2, p.w * .26)
        if R < 20: return paragraph(r)
        colour = [tone(r, palette[i]) for i in range(n)]
        cx, cy, a = R + 14, y0 + R - 14, r.uniform(0, 360)
        for i, v in enumerate(vals):
            b = a + 360 * v / sum(vals)
            p.draw.pieslice(p.px(cx - R, cy - R, cx + R, cy + R), a, b, fill=colour[i]); a = b
            y = y0 - 10 + i * max(p.height(f) * 1.2, 2 * R / n)
            p.rect(2 * R + 30, y + 3, 2 * R + 42, y + 15, fill=colour[i])
            p.text(2 * R + 50, y, names[i] + (r.choice([" ", ": "]) + show(v) if shown else ""), f)
        if r.random() < .4: p.draw.ellipse(p.px(cx - R * .5, cy - R * .5, cx + R * .5, cy + R * .5), fill=t.bg)    # a ring
    turns = [(ask(r, "tallest").replace("bar ", "category " if kind == "pie" else "bar "), hi), (ask(r, "shortest"), lo), (ask(r, "chart kind"), {"bar": "A bar chart", "bars": "A bar chart", "line": "A line chart", "pie": "A pie chart"}[kind]),
             (ask(r, {"bar": "bars", "bars": "bars", "line": "points", "pie": "slices"}[kind]), str(n)), (ask(r, "chart title"), title), (ask(r, "chart labels"), ", ".join(names))]
    if shown or axis:
        for i in PICK(r, range(n), 4): turns.append((ask(r, "chart value", names[i]), show(vals[i])))
        turns.append((r.choice(["What is the highest value?", "How high is the tallest bar?", "What is the largest value?"]), show(max(vals))))
        i = r.randrange(n)
        turns.append((r.choice(["Which category has the value {}?", "Which bar shows {}?", "What has the value {}?"]).format(show(vals[i])), names[i]))
    i, j = r.sample(range(n), 2)
    turns.append((r.choice(["Which is higher, {} or {}?", "Is {} or {} larger?", "Which is bigger, {} or {}?"]).format(names[i], names[j]), names[i] if vals[i] > vals[j] else names[j]))
    if not one and kind != "line": turns += [(ask(r, "chart colour", names[i]), palette[i].capitalize()), (ask(r, "colour is", palette[j]), names[j])]
    turns += [(ask(r, "chart value", other(r, FIRSTS, names)), REFUSAL), (ask(r, "describe"), f'A {"bar" if kind == "bars" else kind} chart titled "{title}". The highest is {hi} and the lowest is {lo}.')]
    return p, turns


def shapes(r, p=None, spots=None):
    if p is None:
        w, h = size(r, 240, 600)
        p = Page(r, w, h, scale(r, w, h), bg=r.choice([(255, 255, 255), (240, 240, 240), (30, 30, 35), (0, 0, 0), (225, 235, 245), (50, 50, 50), (250, 245, 230)]))
    dark, out = sum(p.image.getpixel((0, 0))) < 300, []
    for c in spots or r.sample(range(9), r.choice([1, 2, 2, 3, 3, 4, 5, 6, 7, 9])):
        col, sh = r.choice([k for k in COLOURS if k not in (("black",) if dark else ("white",))]), r.choice(SHAPES)
        s = min(p.w, p.h) / 6 * r.uniform(.25, .95)
        dx, dy = max(0, p.w / 6 - s) + .03 * p.w, max(0, p.h / 6 - s) + .03 * p.h    # its centre stays well within its ninth of the picture
        cx, cy = ((c % 3) + .5) * p.w / 3 + r.uniform(-.8, .8) * min(dx, p.w / 6), ((c // 3) + .5) * p.h / 3 + r.uniform(-.8, .8) * min(dy, p.h / 6)
        cx, cy = min(max(cx, s), p.w - s), min(max(cy, s), p.h - s)
        turn = r.uniform(-.25, .25) if r.random() < .4 else 0    # less than would make another shape of it
        put(p, sh, cx, cy, s, tone(r, col), turn, r.choice([(0, 0, 0), (255, 255, 255), (110, 110, 110)]) if r.random() < .2 else None); out.append((col, sh, c))
    n, turns = len(out), []
    things, cols, kinds = [f"{a} {b}" for a, b, _ in out], [o[0] for o in out], [o[1] for o in out]
    turns.append((ask(r, "shapes"), str(n)))
    for col, sh, c in PICK(r, out, 3):
        turns.append((ask(r, "at", PLACES[c]).replace("on the center", "in the center"), f"A {col} {sh}" if col != "orange" else f"An orange {sh}"))
        if things.count(f"{col} {sh}") == 1: turns.append((ask(r, "where", sh if kinds.count(sh) == 1 and r.random() < .5 else f"{col} {sh}"), PLACES[c]))
        if kinds.count(sh) == 1: turns.append((ask(r, "colour", sh), col.capitalize()))
        if cols.count(col) == 1: turns.append((ask(r, "shape of", col), sh.capitalize()))
        turns.append((ask(r, "colour", f"{'shape' if r.random() < .7 else 'one'} at the {PLACES[c]}"), col.capitalize()))
    sh = r.choice(SHAPES if r.random() < .4 else kinds)
    turns.append((ask(r, "count shape", sh), str(kinds.count(sh))))
    col = r.choice(cols if r.random() < .6 else list(COLOURS))
    turns.append((r.choice(["How many {} shapes are there?", "How many shapes are {}?", "How many things are {}?"]).format(col), str(cols.count(col))))
    thing = r.choice(things) if r.random() < .5 else f"{r.choice(list(COLOURS))} {r.choice(SHAPES)}"
    turns.append((ask(r, "is there", thing).replace("a orange", "an orange"), "Yes" if thing in things else "No"))
    gone = other(r, SHAPES + ["cat", "car", "tree", "dog", "house", "person", "cup", "book", "flower", "chair", "bird", "boat"], kinds)
    turns.append((ask(r, r.choice(["where", "colour"]), gone), REFUSAL))
    turns.append((ask(r, "describe"), ("There is " if n == 1 else "There are ") + ", ".join(f"a {a} {b} at the {PLACES[c]}" if c != 4 else f"a {a} {b} in the center" for a, b, c in sorted(out, key=lambda o: o[2])).replace("a orange", "an orange") + "."))
    p.things = out
    return p, turns


def desktop(r):
    """A whole screen: windows of other kinds beside each other, and a bar with the time."""
    w, h = r.choice([(800, 600), (800, 600), (800, 600), (1024, 640), (1024, 768), (1152, 720), (1280, 720), (1280, 800), (1366, 768), (1440, 900), (1440, 900)])
    p = Page(r, w, h, 1, bg=near(r, r.choice(list(COLOURS.values())), 40))
    bar, f, clock = r.random() < .7, p.font(11, 15), f"{r.randint(0, 23)}:{r.randint(0, 59):02d}"
    top, turns, names = 0, [], set()
    if bar:
        top = p.height(f) + 8
        p.rect(0, 0, w, top, fill=p.theme.panel)
        x = 12
        for s in PICK(r, ["File", "Edit", "View", "Window", "Help", "Tools", "Go", "History", "Insert", "Format"], r.randint(3, 7)): p.text(x, 4, s, f); x += p.width(f, s) + 18
        p.text(w - 14 - p.width(f, clock), 4, clock, f)
        turns.append((r.choice(["What time is it?", "What time is shown?", "What does the clock say?"]), clock))
    columns, windows = r.choice([1, 2, 2, 3 if w > 1100 else 2]), 0
    for c in range(columns):
        kind = r.choice([k for k in ("dialog", "form", "table", "chart", "chat", "paragraph", "menu", "terminal", "invoice", "code", "dialog", "form", "table", "paragraph") if k not in names])
        names.add(kind)
        for _ in range(16):
            q, asked = KINDS[kind](r)
            if q.k == 1 and q.w <= w / columns - 6 and q.h <= h - top - 6: break
        else: continue
        x, y = int(r.uniform(c * w / columns + 2, (c + 1) * w / columns - q.w - 2)), int(r.uniform(top + 2, h - q.h - 2))
        p.image.paste(q.image, (x, y))
        p.draw.rectangle((x - 1, y - 1, x + q.w, y + q.h), outline=p.theme.dim)
        p.boxes += [(k, x0 + x, y0 + y, x1 + x, y1 + y) for k, x0, y0, x1, y1 in q.boxes]
        # what is asked about the whole picture would have several answers
        windows += 1
        turns += [t for t in asked if columns == 1 or not is_of(t[0], "read", "describe", "title", "line", "rows", "columns")]
    return (p, turns) if windows else desktop(r)


KINDS = {"paragraph": paragraph, "dialog": dialog, "form": form, "table": table, "invoice": invoice, "code": lambda r: sources.code(r, paragraph), "terminal": sources.terminal, "chat": chat, "menu": menu, "chart": chart, "shapes": shapes, "boxes": boxes, "desktop": desktop, "browser": drawn.browser}
SHARES = {"paragraph": .14, "dialog": .17, "form": .21, "table": .12, "invoice": .04, "code": .05, "terminal": .04, "chat": .04, "menu": .04, "chart": .11, "shapes": .1, "boxes": .06, "desktop": .09, "browser": .75 if drawn.FILES else 0}


def draw(r, kind=None):
    kind = kind or r.choices(list(SHARES), list(SHARES.values()))[0]
    p, turns = KINDS[kind](r)
    # Reading is what takes longest to learn, and a picture that is looked at anyway is read at little cost.
    if kind not in ("chart", "shapes", "boxes", "desktop") and p.texts and r.random() < .7 and not any(is_of(q, "read", "read code") for q, _ in turns):
        turns.append((ask(r, "read"), " ".join(" ".join(p.texts).split())))
    if r.random() < .06: turns.append((r.choice(ABSENT), REFUSAL))
    what = p.kind if kind == "browser" else kind
    seen = "".join(chr(b[0] + FIRST - 1) for b in p.boxes).lower()
    if what == "terminal": seen += " host server device user name owner folder path working directory"    # which a prompt shows without saying so
    for _ in range(r.choice([0, 0, 1, 1, 2]) if kind not in ("shapes", "boxes", "paragraph") else r.random() < .2): turns.append(fields.absent(r, seen))
    if what not in ("desktop", "several", "article") and r.random() < .35: turns.append((elsewhere(r, what).format(r.choice(FIRSTS)), REFUSAL))
    if kind not in ("shapes", "boxes") and r.random() < .05: turns.append((ask(r, r.choice(["where", "colour"]), r.choice(SHAPES + ["cat", "dog", "car", "tree", "house"])), REFUSAL))
    return p, [(politely(r, q) if r.random() < .3 else q, a.strip()) for q, a in turns if a.strip()], kind
