// Two pictures in one message: what is in which, and what differs.
import { form, fields } from "./forms.mjs";
import { colours, drawScene, scene, shapes } from "./shapes.mjs";
import { look, sheet } from "../look.mjs";

function twoScenes(r) {
  const l = look(r, 13, 16), W = 360, H = 300;
  const [a, b] = [scene(r, r.int(1, 3), W, H), scene(r, r.int(1, 3), W, H)];
  const nth = r.int(0, 1), list = [a, b][nth], other = [b, a][nth], one = list[0], word = ["first", "second"][nth];
  const questions = [{ question: `How many shapes are in the ${word} picture?`, want: [String(list.length)], score: "number" }];
  if (list.filter((s) => s.shape === one.shape).length === 1) questions.push({ question: `What colour is the ${one.shape} in the ${word} picture?`, want: [one.colour], score: "words" });
  if (!other.some((s) => s.shape === one.shape)) questions.push({ question: `Which picture has a ${one.shape}, the first or the second?`, want: [word], score: "words" });
  return { html: [a, b].map((s) => `<style>${sheet(l)}</style>${drawScene(s, W, H, "#ffffff")}`), look: l, questions };
}

function oneChange(r) {
  const l = look(r, 12, 16), list = fields(r, 3), changed = r.int(0, 2), width = r.int(340, 460);
  const again = list.map((f) => ({ ...f }));
  for (let i = 0; again[changed].value === list[changed].value; i++) {
    const f = fields(r, 20).find((x) => x.label === list[changed].label);
    if (f) again[changed].value = f.value;
  }
  const nth = r.int(0, 1), f = list[changed], value = [list, again][nth][changed].value;
  return {
    html: [list, again].map((fs) => `<style>${sheet(l)}</style>${form(r, l, "Settings", fs, [], width)}`), look: l,
    questions: [
      { question: r.pick(["Which field is different in the second picture?", "Which field differs between the two pictures?"]), want: [f.label], score: "exact" },
      { question: `What is the value of ${f.label} in the ${["first", "second"][nth]} picture?`, want: [value], score: "exact" },
    ],
  };
}

export const pairs = (r) => ({ limit: 512, tags: {}, ...(r.chance(0.5) ? twoScenes(r) : oneChange(r)) });
