"""Programs and terminals."""
import re
from asking import ask
from draw import CODE, MESSAGES, MONO, PICK, SHORT, date, near, new, strange

WORDS_OF_CODE = frozenset("def return func if int function import const for while else class var let from not in and or try except raise with as pass package type struct range static void char new this self None True False nil null true false local case done fi then do".split())


def real(r, instead):
    """Some lines of a program, as editors show them."""
    p = new(r, lo=260)
    f, y, x = p.font(11, 18, MONO), r.randint(4, 20), r.randint(4, 30)
    language, text = r.choice(CODE)
    ls, h, numbers, first = text.split("\n"), p.height(f) * r.uniform(1, 1.4), r.random() < .35, r.choice([1, 1, r.randint(2, 400)])
    left = x + (p.width(f, "0000") if numbers else 0)
    ls = [l for l in ls if p.width(f, l) < p.w - left - 6][:int((p.h - y) / h)]
    if len(ls) < 2: return instead(r)
    tint, note = near(r, p.theme.accent) if r.random() < .5 else p.theme.fg, p.theme.dim if r.random() < .5 else p.theme.fg
    for i, l in enumerate(ls):
        if numbers: p.text(x, y, str(first + i), f, p.theme.dim)
        at = left + (len(l) - len(l.lstrip())) * p.width(f, " ")
        for w in re.findall(r"\s+|\S+", l.strip()):    # words of the language in a colour, as editors do
            if not w.isspace(): p.text(at, y, w, f, note if l.lstrip()[:2] in ("# ", "//", "/*", "* ") else tint if w in WORDS_OF_CODE else p.theme.fg)
            at += p.width(f, w)
        y += h
    whole = lambda rows: " ".join(" ".join(rows).split())
    i = r.randrange(len(ls))
    turns = [(ask(r, "read code"), whole(ls)), (ask(r, "language"), language), (ask(r, "line", i + 1 if not numbers else first + i), whole([ls[i]])), (r.choice(["What is the last line?", "Read the last line."]), whole(ls[-1:])),
             (r.choice(["What is the first line?", "Read the first line."]), whole(ls[:1])), (r.choice(["How many lines are there?", "How many lines of code are shown?"]), str(len(ls)))]
    for pattern, what in ((r"\s*(?:def|func|function) (\w+)\(", "function"), (r"\s*class (\w+)", "class"), (r"\s*return (.{1,40}?);?$", "returns")):
        found = [m[1] for l in ls if (m := re.match(pattern, l))]
        if len(found) == 1: turns.append((ask(r, what), found[0]))
    for l in ls:
        if (m := re.fullmatch(r"\s*(?:self\.|this\.|var |let |const )?(\w+) :?= ([\w.'\"-]{1,24});?", l)) and sum(m[1] in k for k in ls) == 1: turns.append((ask(r, "set to", m[1]), m[2]))
    p.texts, p.rows = [whole([l]) for l in ls], ls
    return p, turns


def made(r):
    """A function made up, with arguments, what they are if they are not given, and a note on what it does."""
    a, b, c = PICK(r, SHORT, 3)
    fn, k, low, note, extra = "_".join(PICK(r, SHORT, r.randint(1, 3))), r.choice([r.randint(0, 99), r.randint(100, 9999), f"'{r.choice(SHORT)}'"]), r.randint(0, 9), r.choice(MESSAGES), r.choice(["", f", {c}=None", f", {c}=True"])
    error, ret = r.choice(["ValueError", "TypeError", "KeyError", "RuntimeError"]), r.choice([a, f"{a}[{low}]", f"sorted({a})", f"{a} + {b}", f"len({a}) - {low}", f"{b}.join({a})", f"{{{b}: {a}}}"])
    body = r.choice([[f"if {a} is None:", f"    raise {error}('{r.choice(SHORT)} {r.choice(SHORT)}')"], [f"for {c} in {a}:", f"    print({c}, {b})"], [f"while {b} > {low}:", f"    {b} -= 1"], [f"with open({a}) as {c}:", f"    {b} = {c}.read()"], [f"{c} = {a}.get({b}, {low})"], [f"assert {a}, '{r.choice(SHORT)}'"]])
    says = r.choice([[], [f'    """{note}"""'], [f"    # {note}"]])
    ls = [f"def {fn}({a}, {b}={k}{extra}):"] + says + ["    " + l for l in body] + [f"    return {ret}"]
    return ls, [(ask(r, "function"), fn), (ask(r, "returns"), ret), (ask(r, "language"), "Python"), (r.choice(["What is the default value of {}?", "Which value has {} if it is not given?", "What does {} default to?", "What is {} by default?"]).format(b), str(k)),
                (r.choice(["How many arguments does it take?", "How many parameters are there?"]), str(2 + bool(extra)))] + ([(ask(r, "raises"), error)] if "raise" in body[-1] else [])


def code(r, instead):
    if r.random() < .5: return real(r, instead)
    p = new(r, lo=260)
    f, y, x = p.font(11, 18, MONO), r.randint(4, 20), r.randint(6, 40)
    if r.random() < .4:
        ls, turns = made(r)
        if max(p.width(f, l) for l in ls) > p.w - x - 4 or p.height(f) * 1.05 * len(ls) > p.h - y: return code(r, instead)
        h = min(p.height(f) * r.uniform(1.02, 1.4), (p.h - y) / len(ls))
        for l in ls: p.text(x + (len(l) - len(l.lstrip())) * p.width(f, " "), y, l.strip(), f); y += h
        p.rows = ls
        return p, turns + [(ask(r, "read code"), " ".join(l.strip() for l in ls))]
    h, a, b, fn, k = p.height(f) * r.uniform(1, 1.4), r.choice(SHORT), r.choice(SHORT), "_".join(PICK(r, SHORT, r.randint(1, 2))), r.randint(0, 99)
    ret, lang = r.choice([f"{a} + {b}", f"{a} * {k}", f"{b}", f"len({a})", f"{a}[{k}]"]), r.choice(["Python", "Go", "JavaScript", "C"])
    if lang == "Python": ls = [f"def {fn}({a}, {b}):", f"    {b} = {k}", f"    if {a} > {b}:", f"        print({a})", f"    return {ret}"]
    elif lang == "Go": ls = [f"func {fn}({a}, {b} int) int {{", f"    {b} = {k}", f"    if {a} > {b} {{", f"        fmt.Println({a})", "    }", f"    return {ret}", "}"]
    elif lang == "C": ls = [f"int {fn}(int {a}, int {b}) {{", f"    {b} = {k};", f"    if ({a} > {b})", f"        puts(\"{a}\");", f"    return {ret};", "}"]
    else: ls = [f"function {fn}({a}, {b}) {{", f"  {b} = {k};", f"  if ({a} > {b}) {{", f"    console.log({a});", "  }", f"  return {ret};", "}"]
    if r.random() < .5:    # what stands above: a comment, imports or constants
        note = {"Python": "# ", "Go": "// ", "C": "// ", "JavaScript": "// "}[lang] + p.cut(f, r.choice(MESSAGES), p.w - x - 80)
        head = {"Python": [f"import {c}" for c in PICK(r, ["os", "sys", "json", "math", "time"], 2)], "Go": [f"const {r.choice(SHORT)} = {r.randint(0, 999)}"], "C": ["#include <stdio.h>"], "JavaScript": [f"const {r.choice(SHORT)} = \"{r.choice(SHORT)}\";"]}[lang]
        above = (head if r.random() < .6 else []) + ([note] if r.random() < .7 else [])
    else: above = []
    ls = above + ls
    ls = [l for l in ls if p.width(f, l) < p.w - x - 36][:int((p.h - y) / h)]
    numbers = r.random() < .4
    for i, l in enumerate(ls):
        if numbers: p.text(x, y, str(i + 1), f, p.theme.dim)
        pad = len(l) - len(l.lstrip())
        p.text(x + (30 if numbers else 0) + pad * p.width(f, " "), y, l.strip(), f, p.theme.fg if r.random() < .7 else near(r, p.theme.accent)); y += h
    if not any(fn in l for l in ls): return instead(r)
    turns = [(ask(r, "read code"), " ".join(l.strip() for l in ls)), (ask(r, "function"), fn), (ask(r, "language"), lang), (r.choice([f"What is {b} set to?", f"What value is assigned to {b}?"]), str(k)) if any(l.strip().startswith(f"{b} = {k}") for l in ls) else (ask(r, "line", 1), ls[0])]
    if any("return" in l for l in ls): turns.append((ask(r, "returns"), ret))
    i, p.rows = r.randrange(len(ls)), ls
    return p, turns + [(ask(r, "line", i + 1), ls[i].strip())]


def prompted(r):
    """A shell's prompt, with the user, the host and the folder that it names, or nothing of them."""
    user, host, folder = r.choice(SHORT), r.choice([r.choice(SHORT), strange(r)[:12]]), r.choice(["~", "~", f"~/{r.choice(SHORT)}", f"/{r.choice(SHORT)}", "/etc", "/tmp"])
    if r.random() > .55: return r.choice(["$ ", "> ", "% ", "# "]), ("", "", "")
    return r.choice([f"{user}@{host}:{folder}{r.choice('$$$#%')} ", f"{user}@{host}:{folder}$ ", f"[{user}@{host} {folder}]$ "]), (user, host, folder)


def placed(r, user, host, folder):
    """Questions about what a prompt names, if it does."""
    return [(r.choice(["Who is logged in?", "What is the user called?", "Which user is it?", "What is the user name?"]), user), (r.choice(["Which machine is it?", "What is the host called?", "What is the host name?", "What is the host's name?", "Which host is this?", "What is the name of the computer?"]), host),
            (r.choice(["Which folder is it in?", "What is the current directory?", "In which directory was it run?"]), folder)] if user else []


def typed(r):
    """A command."""
    a, b, n = r.choice(SHORT), r.choice(SHORT), r.randint(1, 999)
    end = r.choice([".txt", ".go", ".py", ".c", ".log", ".sh", ".json", ".tar.gz", ".png", ""])
    return r.choice([f"./{a}", f"./{a}.sh", f"./{a} {b}", f"./{a} --{b}", f"{a} --{b} {n}", f"{a} -{b[0]}", f"sudo {a} {b}", f"cat {a}{end} | grep {b}", f"{a} | {b}", f"{a} > {b}{end}", f"chmod +x {a}{end}", f"cp {a}{end} /{b}/", f"mv {a}{end} ~/{b}", f"tail -n {n} {a}.log",
                     f"{r.choice(['ls', 'cat', 'rm', 'make', 'git commit', 'python', 'ssh', 'cd', 'grep', 'go test', 'curl', 'cp', 'sudo apt install', 'docker run', 'npm run', 'pip install', 'mkdir', 'kill', 'git checkout', 'tar xf'])} {r.choice([a, a + end, f'{a} {b}', f'-{b[0]} {a}', f'/{a}/{b}{end}', f'../{a}'])}"])


def answered(r):
    """What a command prints, in a line or two; half of the time what went wrong."""
    a, b, n = r.choice(SHORT), r.choice(SHORT), r.randint(1, 400)
    file = f"{a}.{r.choice(['go', 'py', 'c', 'txt', 'js', 'rs', 'sh'])}"
    why = r.choice([r.choice(MESSAGES), r.choice(MESSAGES).rstrip(".?!"), f"No such {a}", f"{a.capitalize()} {b} refused", f"{a.capitalize()} not {b}", f"cannot {a} the {b}"])
    return " ".join(r.choice([f"{r.choice(['bash', 'sh', 'zsh'])}: {r.choice([b, './' + b, f'/{a}/{b}'])}: {why}", f"{b}: {file}: {why}", f"{file}:{n}:{r.randint(1, 60)}: {r.choice(['error: ', 'warning: ', ''])}{why}", f"make: *** [{file}:{n}] {why}", f"fatal: '{a}': {why}", f"{b}: {why}", f"error: {why}",
                              r.choice(MESSAGES), f"{n} {a}s, {r.randint(0, 99)} {b}s", strange(r), " ".join(PICK(r, SHORT, r.randint(1, 5))), f"ok {a}/{b} {r.uniform(0, 9):.3f}s", f"{b}@{a}: {why}"]).split())


def terminal(r):
    p = new(r, lo=300)
    p.theme.bg, p.theme.fg = r.choice([((10, 10, 10), (220, 220, 220)), ((30, 30, 40), (200, 220, 200)), ((0, 0, 0), (80, 240, 80)), ((250, 250, 245), (40, 40, 40))])
    p.rect(0, 0, p.w, p.h, fill=p.theme.bg)
    f, y, x = p.font(11, 17, MONO), r.randint(4, 16), r.randint(4, 16)
    prompt, (user, host, folder) = prompted(r)
    h = p.height(f) * r.uniform(1, 1.3)
    cmd = p.cut(f, typed(r), p.w - x * 2 - p.width(f, prompt))
    file, tool = f"{r.choice(SHORT)}.{r.choice(['go', 'py', 'c', 'txt', 'js', 'rs', 'sh'])}", cmd.split()[0]
    out = p.wrap(f, r.choice([f"{tool}: {file}: {r.choice(MESSAGES)}", f"{file}:{r.randint(1, 400)}:{r.randint(1, 60)}: {r.choice(['error: ', 'warning: ', ''])}{r.choice(MESSAGES)}", f"{tool}: *** [{file}:{r.randint(1, 99)}] {r.choice(MESSAGES)}", f"fatal: '{r.choice(SHORT)}': {r.choice(MESSAGES)}",r.choice(MESSAGES), f"{r.choice(SHORT)}: {r.choice(MESSAGES)}", " ".join(PICK(r, SHORT, 6)), answered(r), answered(r), answered(r)]), p.w - 2 * x)[:max(1, int((p.h - y) / h) - 2)]
    shown = [prompt + cmd] + out
    who = placed(r, user, host, folder)
    turns = [(ask(r, "command"), cmd), (ask(r, "output"), " ".join(out)), (ask(r, "line", 2), out[0])]
    if r.random() < .5:    # what came before: a listing, or more commands
        files = [f"{r.choice(SHORT)}{r.choice(['.txt', '.go', '.py', '.log', '.c', '.json', '', '.md', '.sh'])}" for _ in range(r.randint(2, 6))]
        owner, before = r.choice(SHORT), prompt + r.choice(["ls -l", "ls -la", "ls -lh"])
        rows = [f"{r.choice(['-rw-r--r--', '-rwxr-xr-x', 'drwxr-xr-x'])} {r.randint(1, 9)} {owner} {owner} {r.randint(10, 99999):>5} {r.choice(['Jan', 'Mar', 'May', 'Jul', 'Oct', 'Nov'])} {r.randint(1, 28):>2} {r.randint(0, 23):02d}:{r.randint(0, 59):02d} {a}" for a in files]
        if all(p.width(f, l) < p.w - 2 * x for l in rows) and y + h * (len(rows) + 1 + len(shown)) < p.h:
            shown = [before] + rows + shown
            turns = [(r.choice(["What is the last command?", "Which command was run last?"]), cmd), (r.choice(["How many files are listed?", "How many entries does the listing have?"]), str(len(rows)))]
            turns += [(r.choice(["How large is {}?", "What is the size of {}?"]).format(a), l.split()[4]) for a, l in zip(files, rows) if files.count(a) == 1][:2]
    elif r.random() < .4:    # or a command with its own answer
        shown = [prompt + r.choice(["whoami", "date", "pwd", "uptime", "git status", "ls", f"cat {file}"]), p.cut(f, r.choice([user, date(r), r.choice(MESSAGES)]), p.w - 2 * x)] + shown
        if y + h * (len(shown) + 1) > p.h: shown = shown[2:]
        else: turns = [(r.choice(["What is the last command?", "Which command was run last?", "What was typed last?"]), cmd), (ask(r, "output").replace("output", "last output"), " ".join(out))]
    if r.random() < .6: shown.append(prompt.strip())
    for l in shown: p.text(x, y, l, f); y += h
    return p, turns + who + [(ask(r, "read"), " ".join(" ".join(shown).split()))]
