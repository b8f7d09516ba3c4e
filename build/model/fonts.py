"""Take the fonts to draw with from unpacked packages: upright ones that have all of ASCII, none that the evaluation draws with.

usage: fonts.py UNPACKED OUT_DIR
"""
import os, re, shutil, sys
from fontTools.ttLib import TTFont
from PIL import ImageFont

RESERVED = r"Cantarell|Ubuntu|Carlito|Caladea|URW|JetBrains|Cascadia|Quicksand|Comfortaa|Plex|PT_?Sans|PT_?Serif|PTMono|Gentium"    # build/eval draws with these
OTHER = r"italic|oblique|Noto(Sans|Serif)(?!-|Mono|Display-|UI)|NotoSerifDisplay|Rashi|Naskh|Kufi|Music|Emoji|Symbol|Math|Fallback|Thin|ExtraLight|UltraLight|Hairline|Initials|Ornament|Swash|Smallcaps|Biolinum_K|Libertine_(DR|RZ|I)"


def whole(path):
    f = ImageFont.truetype(path, 20)
    missing = bytes(f.getmask("\u0378"))
    return all(bytes(f.getmask(chr(c))) != missing for c in range(33, 127))


src, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
for folder, _, files in os.walk(src):
    for name in files:
        if not re.search(r"\.(ttf|otf|woff)$", name, re.I) or re.search(RESERVED + "|" + OTHER, name, re.I): continue
        try:
            if not whole(f"{folder}/{name}"): continue
            if name.endswith(".woff"):    # Chromium takes no such file from the system
                web = TTFont(f"{folder}/{name}")
                web.flavor = None
                web.save(f"{out}/{name[:-5]}.ttf")
            else: shutil.copyfile(f"{folder}/{name}", f"{out}/{name}")
        except OSError: pass    # a link to a font of another package
print(len(os.listdir(out)), "fonts")
