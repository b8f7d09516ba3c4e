"""Draw the sample screenshot, a window over a desktop at the resolution of a Retina display, and write what can be asked about it.

usage: SCREENS_DATA=DIR sample.py OUT_DIR    (DIR holds fonts/, see README.md)

Writes sample.png and sample.json: a list of question and answer.
"""
import json, os, sys
from PIL import Image, ImageDraw, ImageFont

TITLE = "Software Update"
MESSAGE = ["A new version is available.", "Do you want to install it now?"]
BUTTONS = ["Later", "Install"]    # the last one is the default
SIZE, SCALE = 512, 2


def draw(scale):
    px = lambda *v: tuple(int(x * scale) for x in v)
    fonts = f"{os.environ['SCREENS_DATA']}/fonts"
    font = lambda size: ImageFont.truetype(f"{fonts}/DejaVuSans.ttf", int(size * scale))
    im = Image.new("RGB", px(SIZE, SIZE))
    d = ImageDraw.Draw(im)
    for y in range(im.height):    # a plain gradient for a desktop
        t = y / im.height
        d.line((0, y, im.width, y), fill=(int(58 + 60 * t), int(96 + 40 * t), int(150 + 20 * t)))
    x0, y0, x1, y1 = 46, 150, 466, 336
    d.rounded_rectangle(px(x0, y0, x1, y1), 12 * scale, fill=(246, 246, 246), outline=(120, 120, 120), width=scale)
    for i, c in enumerate([(255, 95, 86), (255, 189, 46), (39, 201, 63)]):
        d.ellipse(px(x0 + 14 + 20 * i, y0 + 14, x0 + 26 + 20 * i, y0 + 26), fill=c)
    d.text(px(x0 + 84, y0 + 8), TITLE, font=font(19), fill=(30, 30, 30))
    for i, line in enumerate(MESSAGE):
        d.text(px(x0 + 22, y0 + 56 + 26 * i), line, font=font(18), fill=(30, 30, 30))
    x = x1 - 18
    for i, label in enumerate(reversed(BUTTONS)):
        f = font(16)
        width = int(f.getlength(label) / scale) + 32
        fill, ink = ((41, 98, 255), (255, 255, 255)) if i == 0 else ((205, 205, 205), (20, 20, 20))
        d.rounded_rectangle(px(x - width, y1 - 48, x, y1 - 16), 7 * scale, fill=fill)
        d.text(px(x - width + 16, y1 - 42), label, font=f, fill=ink)
        x -= width + 10
    return im


def questions():
    pairs = [("What is the title of this window?", TITLE), ("What does the message say?", " ".join(MESSAGE)), ("Which buttons are shown?", ", ".join(BUTTONS)),
             ("How many buttons are there?", str(len(BUTTONS))), ("What does the highlighted button say?", BUTTONS[-1])]
    return [{"question": q, "answer": a} for q, a in pairs]


if __name__ == "__main__":
    draw(SCALE).save(f"{sys.argv[1]}/sample.png", optimize=True)
    json.dump(questions(), open(f"{sys.argv[1]}/sample.json", "w"), indent=1)
