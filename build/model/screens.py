"""Draw the screens the built-in model is tested on: pictures of gen.py's kinds, without noise, as small PNGs.

usage: SCREENS_DATA=DIR screens.py OUT_DIR    (DIR holds text/ and fonts/, see README.md)

Writes NAME.png and screens.json: a list of name, question, answer (what is drawn, not what a model says).
"""
import json, os, random, sys
import gen

KINDS = {"shapes": 5, "dialog": 6, "form": 3, "table": 2, "chart": 2, "block": 2}
SEED = 9_000_000    # training drew from seeds of 1<<50 and more

out, screens = sys.argv[1], []
os.makedirs(out, exist_ok=True)
for kind, count in KINDS.items():
    for i in range(count):
        page, question, answer = gen.KINDS[kind](random.Random(SEED + i), 1)
        name = f"{kind}-{i + 1}"
        page.im.save(f"{out}/{name}.png", optimize=True)
        screens.append({"name": name, "question": question, "answer": answer})
json.dump(screens, open(f"{out}/screens.json", "w"), indent=1)
