// Coloured shapes and labelled boxes in places of the picture.
import { look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

export const colours = { red: "#e01b24", green: "#26a269", blue: "#1c71d8", yellow: "#f6d32d", orange: "#ff7800", purple: "#9141ac", pink: "#ff8ac4", brown: "#865e3c", gray: "#8a8a8a", black: "#101010" };
const polygon = (n, at) => Array.from({ length: n }, (_, i) => {
  const [radius, turn] = at(i), a = (turn - 0.25) * 2 * Math.PI;
  return `${(Math.cos(a) * radius).toFixed(2)},${(Math.sin(a) * radius).toFixed(2)}`;
}).join(" ");
// Each within a circle of radius 1. None is another stretched: models squeeze a crop into a square before they see it.
export const shapes = {
  circle: `<circle r="0.9"/>`,
  square: `<rect x="-0.8" y="-0.8" width="1.6" height="1.6"/>`,
  triangle: `<polygon points="${polygon(3, (i) => [1, i / 3])}"/>`,
  star: `<polygon points="${polygon(10, (i) => [i % 2 ? 0.42 : 1, i / 10])}"/>`,
  diamond: `<polygon points="0,-1 0.7,0 0,1 -0.7,0"/>`,
};
export const spots = ["top left", "top", "top right", "left", "middle", "right", "bottom left", "bottom", "bottom right"];

const ring = [0, 2, 6, 8]; // the corners, where most things stand

export function scene(r, n, W, H) {
  const cells = r.chance(0.6) && n <= 4 ? r.some(ring, n) : r.some([...spots.keys()], n);
  const size = Math.min(W, H) / 6;
  return cells.map((cell) => {
    const radius = size * (0.6 + 0.35 * r.next());
    const at = (i, total) => total * (i + 0.5) / 3 + (r.next() - 0.5) * (total / 3 - 2 * radius) * 0.6;
    return { shape: r.pick(Object.keys(shapes)), colour: r.pick(Object.keys(colours)), cell, radius, x: at(cell % 3, W), y: at(Math.floor(cell / 3), H) };
  });
}

export const drawScene = (list, W, H, background) => `<svg width="${W}" height="${H}" style="display:block;background:${background}">` +
  list.map((s) => `<g transform="translate(${s.x.toFixed(1)} ${s.y.toFixed(1)}) scale(${s.radius.toFixed(1)})" fill="${colours[s.colour]}">${shapes[s.shape]}</g>`).join("") + "</svg>";

// only is the value of one property of the things that have the wanted ones, if one thing does.
const alone = (list, has) => {
  const found = list.filter((s) => Object.entries(has).every(([k, v]) => s[k] === v));
  return found.length === 1 ? found[0] : undefined;
};

function questions(r, list) {
  const q = [];
  for (const s of list) {
    const thing = `${s.colour} ${s.shape}`, corner = ring.includes(s.cell) || s.cell === 4;
    if (alone(list, { shape: s.shape })) q.push({ question: r.pick([`What colour is the ${s.shape}?`, `What is the colour of the ${s.shape}?`, `Which color is the ${s.shape}?`]), want: [s.colour], score: "words" });
    if (alone(list, { colour: s.colour })) q.push({ question: r.pick([`What shape is ${s.colour}?`, `Which shape is ${s.colour}?`]), want: [s.shape], score: "words" });
    if (alone(list, { shape: s.shape, colour: s.colour })) q.push({ question: r.pick([`Where is the ${thing}?`, `Where in the picture is the ${thing}?`]), want: [spots[s.cell]], score: "words" });
    if (corner) q.push({ question: r.pick([`What is at the ${spots[s.cell]}?`, `What do you see at the ${spots[s.cell]}?`].map((t) => t.replace("at the middle", "in the middle"))), want: [thing], score: "words" });
  }
  const one = r.pick(list), same = list.filter((s) => s.shape === one.shape).length, hue = list.filter((s) => s.colour === one.colour).length;
  q.push({ question: r.pick(["How many shapes are there?", "How many shapes do you see?"]), want: [String(list.length)], score: "number" });
  q.push({ question: `How many ${one.shape}s are there?`, want: [String(same)], score: "number" });
  if (r.chance(0.5)) q.push({ question: `How many ${one.colour} shapes are there?`, want: [String(hue)], score: "number" });
  return q;
}

// boxes are labelled, as the buttons of a map or a kiosk.
function boxes(r, l, W, H) {
  const hues = r.some(["red", "green", "blue", "orange", "purple", "brown", "gray"], r.int(3, 5)), names = r.some([...w.cities, ...w.teams], hues.length);
  const list = r.some([...spots.keys()], hues.length).map((cell, i) => ({ cell, colour: hues[i], name: names[i] }));
  const html = `<div style="width:${W}px;height:${H}px;position:relative">` + list.map((b) => {
    const x = (W / 3) * (b.cell % 3) + W / 60, y = (H / 3) * Math.floor(b.cell / 3) + H / 14;
    return `<div style="position:absolute;left:${x}px;top:${y}px;width:${W * 0.3}px;height:${H * 0.19}px;background:${colours[b.colour]};border-radius:${l.radius}px;color:#fff;
      display:flex;align-items:center;justify-content:center;font-weight:700">${b.name}</div>`;
  }).join("") + "</div>";
  const questions = list.flatMap((b) => [
    { question: r.pick([`What colour is the box labelled ${b.name}?`, `What is the colour of ${b.name}?`]), want: [b.colour], score: "words" },
    { question: r.pick([`Where is ${b.name}?`, `Where in the picture is ${b.name}?`]), want: [spots[b.cell]], score: "words" },
    { question: `What does the ${b.colour} box say?`, want: [b.name], score: "exact" },
  ]);
  questions.push({ question: "How many boxes are there?", want: [String(list.length)], score: "number" });
  const stranger = r.pick([...w.cities, ...w.teams].filter((n) => !names.includes(n)));
  return { html, questions, absent: [{ question: r.pick([`Where is ${stranger}?`, `What colour is the box labelled ${stranger}?`]) }] };
}

export function places(r) {
  const l = look(r, 13, 18), W = r.int(340, 512), H = Math.min(512, Math.round(W / (1 + r.next() * 0.5)));
  if (r.chance(0.3)) {
    const b = boxes(r, l, W, H);
    return { html: `<style>${sheet(l)}</style>${b.html}`, limit: 512, look: l, tags: { what: "boxes" }, questions: r.some(b.questions, 4), absent: b.absent };
  }
  const list = scene(r, r.int(2, 6), W, H), dark = list.every((s) => s.colour !== "black") && r.chance(0.25);
  const missing = r.pick(Object.keys(shapes).filter((s) => !list.some((o) => o.shape === s)));
  const absent = missing ? [{ question: r.pick([`What colour is the ${missing}?`, `Where is the ${missing}?`]) }] : [];
  const html = `<style>${sheet(l)}</style>${drawScene(list, W, H, dark ? "#202124" : r.pick(["#ffffff", "#fdfcf7", "#eef3f8"]))}`;
  return { html, limit: 512, look: l, tags: { what: "shapes" }, questions: r.some(questions(r, list), 4), absent };
}
