"""Text for the drawn screens, from Debian packages: no corpus has to be downloaded from elsewhere.

usage: mktext.py UNPACKED OUT_DIR    (UNPACKED: packages unpacked with dpkg -x, and summaries.txt; see README.md)

Writes ui.txt (messages of programs, from their gettext catalogues), sent.txt (package summaries), fort.txt (fortunes), words.txt,
code.txt (some lines each of programs: a JSON pair of language and text).
"""
import gettext, glob, json, os, random, re, sys, textwrap

src, out = sys.argv[1:3]


def messages():
    found = set()
    for f in glob.glob(f"{src}/**/*.mo", recursive=True):
        try: catalog = gettext.GNUTranslations(open(f, "rb"))._catalog
        except Exception: continue    # a few catalogues declare no charset
        for key in catalog:
            s = (key[0] if isinstance(key, tuple) else key).split("\x04")[-1]
            s = re.sub(r"<[^>]+>", "", s).replace("_", "").replace("~", "")
            s = re.sub(r"%[\-0-9.]*[a-zA-Z]|\{[^}]*\}|\$\w+|%PRODUCTNAME", "", s)
            s = re.sub(r"\s+", " ", s).strip()
            if 2 <= len(s) <= 220 and s.isascii() and re.search("[A-Za-z]{2}", s): found.add(s)
    return sorted(found)


def summaries():
    lines = {l.strip() for l in open(f"{src}/summaries.txt", errors="ignore")}
    keep = sorted(l for l in lines if 12 <= len(l) <= 160 and l.isascii())
    return sorted(random.Random(0).sample(keep, min(120000, len(keep))))


def fortunes():
    found = []
    for f in sorted(glob.glob(f"{src}/usr/share/games/fortunes/*")):
        if f.endswith((".dat", ".u8")) or os.path.islink(f) or not os.path.isfile(f): continue
        for q in open(f, errors="ignore").read().split("\n%\n"):
            q = re.sub(r"\s+", " ", q).strip()
            if 20 <= len(q) <= 600 and q.isascii(): found.append(q)
    return found


def words():
    lines = open(f"{src}/usr/share/dict/american-english", errors="ignore")
    return [w.strip() for w in lines if w.strip().isascii() and "'" not in w]


def code(most=12000):
    out = []
    for language, pattern in (("Python", "**/*.py"), ("Go", "**/*.go"), ("JavaScript", "**/*.js"), ("C", "**/*.h"), ("Shell", "usr/share/bash-completion/completions/*")):
        r, found = random.Random(language), set()
        for f in sorted(glob.glob(f"{src}/{pattern}", recursive=True)):
            if ".min." in f or not os.path.isfile(f) or os.path.islink(f): continue
            try: ls = [l.rstrip().expandtabs(4) for l in open(f, encoding="ascii")]
            except UnicodeDecodeError: continue
            for _ in range(1 + len(ls) // 60):
                at, n = r.randrange(len(ls) or 1), r.randint(2, 14)
                part = textwrap.dedent("\n".join(ls[at:at + n])).strip("\n")
                rows = [l for l in part.split("\n") if l]
                if len(rows) > 1 and 12 < max(map(len, rows)) <= 72 and not any(l.startswith(" ") for l in rows[:1]): found.add("\n".join(rows))
        out += [json.dumps([language, p]) for p in r.sample(sorted(found), min(most, len(found)))]
    return out


os.makedirs(out, exist_ok=True)
for name, lines in (("ui", messages()), ("sent", summaries()), ("fort", fortunes()), ("words", words()), ("code", code())):
    open(f"{out}/{name}.txt", "w").write("\n".join(lines))
    print(name, len(lines))
