"""Forms and dialogs that a browser draws, for pages.py: fields in many layouts, boxes to tick, one of several to choose, and boxes that ask or tell."""
import html
import fields
from asking import CHOSEN, REFUSAL, ask, said
from draw import FIRSTS, LABELS, MESSAGES, PICK, SHORT, TITLES, other, prose, strange, value
from kinds import ASIDE, BUTTONS, OPTIONS

esc = html.escape
ONES = [w.capitalize() for w in SHORT[:4000]]
STACKED = ' style="display:block;width:100%!important;margin:4px 0!important"'


def mark(look, kind, on, name=""):
    """A box to tick ("tick"), one of a few ("dot") or a switch; by the browser or of our own."""
    if kind != "switch" and look.native: return f'<input type={"radio" if kind == "dot" else "checkbox"} name="{name}"{" checked" if on else ""}>'
    return f'<span class="{"switch" if kind == "switch" else "tick" + (" dot" if kind == "dot" else "")}{" on" if on else ""}"></span>'


def field(r, look, k, v, colon):
    """A label with its value, in the form's layout."""
    lay, box = look.layout, look.box
    label, text = f"<span{look.faint}>{esc(k.upper() if look.capitals else k)}{colon}</span>", f'<span class="{box}">{esc(v)}</span>'
    if lay == "above": return f'<div style="padding:{look.gap}px 0"><div>{label}</div><div style="margin-top:2px{";display:flex" if box else ""}"><span class="{box}" style="{"flex:1" if box else ""}">{esc(v)}</span></div></div>'
    if lay == "right": return f'<div style="display:grid;grid-template-columns:{look.split}% auto;gap:12px;padding:{look.gap}px 0"><span style="text-align:right">{label}</span><span style="text-align:left">{text}</span></div>'
    if lay == "close": return f'<div style="padding:{look.gap}px 0">{label} {text}</div>'
    if lay == "setting": return f'<div class=pair><span><div>{esc(k)}</div>' + (f'<div class=dim>{esc(r.choice(ASIDE) if r.random() < .3 else " ".join(prose(r, r.randint(3, 8)).split()))}</div>' if r.random() < .4 else "") + f"</span>{text}</div>"
    return f"<div class=pair>{label}{text}</div>"


def choice(r, look, k, options, now, colon, name):
    """One of a few: under its label, beside it, in a frame, or as buttons that touch."""
    how, gap = r.choice(["under", "under", "beside", "beside", "beside", "beside", "column", "frame", "segments"]), r.randint(6, 18)
    if how == "segments":
        marks = "".join(f'<span class="item{" now" if o == now else ""}" style="padding:{look.gap}px {gap}px">{esc(o)}</span>' for o in options)
        body = f"<span class=box style='display:inline-flex;padding:0;gap:0'>{marks}</span>"
    else:
        body = "".join(f'<span style="white-space:nowrap{";display:block" if how == "column" else ""}">{mark(look, "dot", o == now, name)}{r.choice(["", " "])}{esc(o)}</span>' for o in options)
        if how != "column": body = f"<span class=row style='justify-content:flex-start;gap:{gap}px'>{body}</span>"
    if how == "frame": return f"<fieldset style='border:1px solid;padding:4px 10px;margin:4px 0'><legend style='padding:0 4px;font-size:inherit;width:auto;float:none;margin:0'>{esc(k)}</legend>{body}</fieldset>"
    if how == "beside" or (how == "segments" and r.random() < .5): return f"<div class=pair style='justify-content:{r.choice(['flex-start', 'space-between'])}'><span>{esc(k)}{colon}</span>{body}</div>"
    return f"<div style='padding:{look.gap}px 0'><div>{esc(k)}{colon}</div>{body}</div>"


def form(r, look):
    title, pairs, ticks, groups = r.choice(TITLES), {}, {}, {}
    plain = r.random() < .4
    for _ in range(r.randint(1, 8)): pairs.setdefault(k := r.choice(LABELS if plain else fields.NAMES), fields.FIELDS.get(k, value)(r))
    kind = r.choice(["tick", "tick", "switch", "dot", ""])
    for _ in range(r.randint(2, 5) if kind else 0):
        k = r.choice(LABELS)
        if k not in pairs: ticks[k] = r.random() < .5
    if kind == "dot":
        one = r.choice(list(ticks))
        ticks = {k: k == one for k in ticks}
    look.layout, look.gap, look.split = r.choice(["pair", "pair", "pair", "above", "above", "right", "close", "setting"]), r.randint(1, 8), r.randint(28, 50)
    look.native, look.capitals, look.faint = r.random() < .5, r.random() < .05, r.choice(["", "", "", " class=dim", " style='font-weight:600'"])
    look.box = r.choice(["box", "box drop"]) if r.random() < .3 else r.choice(["", "box"])
    colon, head, columns = r.choice(["", "", ":"]), r.random() < .6, 2 if look.layout == "above" and r.random() < .4 else 1
    rows, turns = [field(r, look, k, v, colon) for k, v in pairs.items()], []
    if columns == 2: rows = ["<div style='display:grid;grid-template-columns:1fr 1fr;gap:4px 16px'>" + "".join(rows) + "</div>"]
    for i in range(r.choice([0, 0, 1, 1, 2])):
        pool = r.choice([OPTIONS, OPTIONS, ONES, FIRSTS])
        k, options = r.choice([r.choice(fields.NAMES), r.choice(LABELS), r.choice(ONES)]), PICK(r, pool, r.randint(2, 4))
        if k in pairs or k in ticks or k in groups or set(options) & (set(ticks) | set(sum(groups.values(), []))): continue
        groups[k], now = options, r.choice(options)
        rows.insert(r.randint(0, len(rows)), choice(r, look, k, options, now, colon, f"g{i}"))
        turns += [(r.choice(CHOSEN).format(k), now) if r.random() < .6 else (ask(r, "value", k if r.random() < .6 else k.lower()), now) for _ in (0, 1, 2)]
        o = r.choice(options)
        turns.append((q := ask(r, "checked", o), said(q, o == now)))
    apart = r.random() < .1
    for k, on in ticks.items():
        m = mark(look, kind, on, "ticks")
        rows.append(f"<div class=pair><span>{esc(k)}</span>{m}</div>" if kind == "switch" or apart else f'<div style="padding:{look.gap / 2}px 0">{m}{" " if look.native else ""}{esc(k)}</div>')
    if r.random() < .3 and not groups: r.shuffle(rows)
    turns += [(fields.wonder(r, k) if k in fields.FIELDS else ask(r, "value", k if r.random() < .7 else k.lower()), v) for k, v in pairs.items() for _ in (0, 1)]
    turns += [(ask(r, "field", v), k) for k, v in pairs.items() if list(pairs.values()).count(v) == 1][:2] + ([(ask(r, "title"), title)] if head else [])
    if kind in ("tick", "switch"):
        for k, v in ticks.items(): turns.append((q := ask(r, "checked", k), said(q, v)))
        if r.random() < .5 and not groups: turns.append((ask(r, "checked count"), str(sum(ticks.values()))))
    elif kind and not groups: turns.append((ask(r, "radio"), one))
    if ticks or r.random() < .2: turns.append((ask(r, "checked", other(r, LABELS, pairs | ticks)), REFUSAL))
    if plain: turns.append((ask(r, "value", other(r, LABELS, pairs | ticks | groups)), REFUSAL))
    foot = ""
    if r.random() < .25:
        names = PICK(r, BUTTONS, r.choice([1, 2, 2, 3]))
        foot = "<div class=row style='margin-top:10px'>" + "".join(f"<button{' class=main' if i == len(names) - 1 else ''}>{esc(n)}</button>" for i, n in enumerate(names)) + "</div>"
        turns += [(ask(r, "buttons"), ", ".join(names)), (ask(r, "main button"), names[-1])]
    return (f"<h2>{esc(title)}</h2>" if head else "") + f"<div{r.choice([' class=panel', ''])}>" + "".join(rows) + foot + "</div>", turns, True


def tells(r):
    """What a dialog says, whole sentences, now and then with names, paths and numbers in it."""
    k, thing = r.random(), f'"{r.choice([r.choice(TITLES), f"{r.choice(SHORT)}.{r.choice(SHORT)[:3]}", strange(r), r.choice(FIRSTS)])}"'
    if k < .6: return " ".join(r.choice(MESSAGES) for _ in range(r.choice([1, 1, 2])))
    if k < .7: return prose(r, r.randint(8, 24))
    if k < .8: return f"{r.choice(FIRSTS)} {r.choice(['wants', 'would like', 'needs', 'has asked'])} to {r.choice(['use', 'open', 'see', 'change', 'send', 'connect to', 'share'])} your {r.choice(SHORT)}{r.choice([' and ' + r.choice(SHORT), ''])}. {r.choice(MESSAGES)}"
    return r.choice(["{} is not there any more.", "Do you want to keep {}?", "{} could not be read.", "The folder {} holds " + str(r.randint(2, 900)) + " things. " + r.choice(MESSAGES), "Are you sure that {} may go? " + r.choice(MESSAGES),
                     "{} is open in " + r.choice(FIRSTS) + ". Close it first.", "Something went wrong with {} (" + strange(r)[:9] + ").", "Wait " + str(r.randint(2, 99)) + " minutes, then try {} again."]).format(thing)


def dialog(r, look):
    title, message = r.choice(TITLES), " ".join(tells(r).split())
    if r.random() < .15: title = r.choice([f"{r.choice(FIRSTS)} {r.choice(SHORT).capitalize()}", f"{title}?", f"{r.choice(SHORT).capitalize()} {r.choice(SHORT)}", f"{title} - {r.choice(FIRSTS)}"])
    names = PICK(r, BUTTONS if r.random() < .75 else [t for t in TITLES[:4000] if len(t) < 15], r.choice([1, 2, 2, 2, 3]))
    main = r.choice([len(names) - 1, len(names) - 1, 0])
    look.native = r.random() < .4
    tick, on = r.choice(LABELS if r.random() < .7 else ASIDE) if r.random() < .25 else "", r.random() < .5
    bar = r.choice(["", "", "<span class=dim>&times;</span>", f'<span style="color:{look.accent}">&#9679;</span>', '<span style="display:flex;gap:6px">' + "".join(f'<span style="width:.75em;height:.75em;border-radius:50%;background:{c}"></span>' for c in ("#ff5f56", "#ffbd2e", "#27c93f")) + "</span>"])
    head = [f"<h2>{esc(title)}</h2>", bar]
    if r.random() < .25: head.reverse()
    icon = f'<span style="flex:none;width:{r.randint(24, 44)}px;height:{r.randint(24, 44)}px;border-radius:{r.choice([4, 50])}%;background:{look.accent};color:#fff;display:flex;align-items:center;justify-content:center;font-weight:700">{r.choice(["!", "?", "i", ""])}</span>' if r.random() < .2 else ""
    text = f"<p>{esc(message)}</p>"
    if icon: text = f"<div style='display:flex;gap:14px'>{icon}<div>{text}</div></div>"
    line = r.choice(["", "", "border-bottom:1px solid #8886;padding-bottom:6px;margin-bottom:8px;"])
    stack = r.random() < .12
    buttons = "".join(f'<button{" class=main" if i == main else ""}{STACKED if stack else ""}>{esc(n)}</button>' for i, n in enumerate(names))
    body = f'<div class=panel style="max-width:{r.randint(300, 520)}px;margin:{r.randint(0, 60)}px auto{";text-align:center" if r.random() < .1 else ""}"><div class="row" style="{line}justify-content:{r.choice(["space-between", "flex-start", "center"])}">{"".join(head)}</div>' \
           f'{text}' + (f'<p>{mark(look, "tick", on)}{" " if look.native else ""}{esc(tick)}</p>' if tick else "") + (f"<div>{buttons}</div>" if stack else f"<div class=row>{buttons}</div>") + "</div>"
    turns = [(ask(r, "title"), title), (ask(r, "message"), message), (ask(r, "message"), message), (ask(r, "buttons"), ", ".join(names)), (ask(r, "button count"), str(len(names))), (ask(r, "main button"), names[main]),
             (ask(r, "title"), title), (ask(r, "is there button", other(r, BUTTONS, names)), "No"), (ask(r, "is there button", r.choice(names)), "Yes"),
             (ask(r, "describe"), f'A dialog titled "{title}". It says: {message} The buttons are {", ".join(names)}.')]
    if tick: turns += [(q := ask(r, "checked", tick), said(q, on)), (ask(r, "is there button", tick), "No"), (ask(r, "buttons"), ", ".join(names))]
    return body, turns, True
