// Draws the set: draw.mjs ROOT OUT, where ROOT holds the unpacked Debian packages. Leaves OUT/set.json and the pictures beside it.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { charts } from "./kinds/charts.mjs";
import { code } from "./kinds/code.mjs";
import { dialogs } from "./kinds/dialogs.mjs";
import { forms } from "./kinds/forms.mjs";
import { pairs } from "./kinds/pairs.mjs";
import { places } from "./kinds/shapes.mjs";
import { screens } from "./kinds/screens.mjs";
import { tables } from "./kinds/tables.mjs";
import { transcription } from "./kinds/transcription.mjs";
import { turns } from "./kinds/turns.mjs";
import { faces } from "./look.mjs";
import { Random } from "./random.mjs";
import { texts } from "./texts.mjs";

const { chromium } = createRequire(new URL("../../../frontend/package.json", import.meta.url))("@playwright/test");

// How many pictures of each kind, enough for 200 questions where a bar is set.
const kinds = [["transcription", transcription, 200], ["dialogs", dialogs, 72], ["forms", forms, 72], ["tables", tables, 72], ["charts", charts, 72], ["shapes", places, 60],
  ["pairs", pairs, 30], ["turns", turns, 24], ["screens", screens, 24], ["code", code, 30]];

const [root, out] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // The last four so that a picture does not depend on those before it, or on the machine.
  args: ["--no-sandbox", "--disable-lcd-text", "--force-color-profile=srgb", "--hide-scrollbars", "--disable-gpu", "--disable-partial-raster", "--disable-skia-runtime-opts",
    "--num-raster-threads=1"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
await page.route("**", (route) => {
  const url = new URL(route.request().url());
  if (url.pathname === "/") return route.fulfill({ contentType: "text/html", body: `<!doctype html><style>${faces}</style><body></body>` });
  const types = { ".otf": "font/otf", ".ttf": "font/ttf" };
  return route.fulfill({ contentType: types[extname(url.pathname)], headers: { "access-control-allow-origin": "*" }, body: readFileSync(join(root, "usr/share/fonts", url.pathname)) });
});
await page.goto("http://fonts.invalid/");
// Every face is loaded before the first picture, so that none is drawn in another font.
await page.evaluate(() => Promise.all([...document.fonts].map((f) => f.load())));

// shoot draws one picture, or says why it is not usable: larger than the limit, or text cut off.
async function shoot(html, drawing, jpeg) {
  const size = await page.evaluate((h) => {
    document.body.innerHTML = h;
    const b = document.body.getBoundingClientRect();
    const cut = [...document.querySelectorAll("input[type=text]")].some((i) => i.scrollWidth > i.clientWidth + 1);
    return cut ? null : [Math.ceil(b.width), Math.ceil(b.height), document.body.scrollWidth];
  }, html);
  if (!size) return null;
  const [width, height] = drawing.fixed ?? size;
  if (width > drawing.limit || height > drawing.limit || size[2] > width) return null;
  const clip = { x: 0, y: 0, width, height };
  return { width, height, data: await page.screenshot({ clip, ...(jpeg ? { type: "jpeg", quality: jpeg } : { type: "png" }) }) };
}

const source = texts(root);
const set = [];
for (const [kind, draw, count] of kinds) {
  for (let n = 1; n <= count; n++) {
    const name = `${kind}-${String(n).padStart(3, "0")}`;
    for (let attempt = 0; ; attempt++) {
      if (attempt === 100) throw new Error(`${name}: 100 drawings, and none fits`);
      const r = new Random(`${name}/${attempt}`), drawing = draw(r, source), jpeg = r.chance(0.15) ? r.int(70, 92) : 0;
      const pictures = [];
      for (const html of [drawing.html].flat()) pictures.push(await shoot(html, drawing, jpeg));
      if (pictures.includes(null)) continue;
      const files = pictures.map((p, i) => `${name}${pictures.length > 1 ? "ab"[i] : ""}.${jpeg ? "jpg" : "png"}`);
      pictures.forEach((p, i) => writeFileSync(join(out, files[i]), p.data));
      const tags = { ...drawing.tags, width: pictures[0].width, height: pictures[0].height, dark: drawing.look.dark, jpeg };
      const chat = (id, of, list) => set.push({ id, kind: of, pictures: files, turns: list, tags });
      if (drawing.turns) chat(name, kind, drawing.turns);
      (drawing.questions ?? []).forEach((q, i) => chat(`${name}/${i + 1}`, kind, [q]));
      (drawing.absent ?? []).forEach((q, i) => chat(`${name}/absent-${i + 1}`, "absent", [{ ...q, score: "refusal" }]));
      break;
    }
  }
  console.error(`${kind}: ${count} drawn`);
}
await browser.close();
const lines = set.map((q) => JSON.stringify(q)).join(",\n");
writeFileSync(join(out, "set.json"), `[\n${lines}\n]\n`);
