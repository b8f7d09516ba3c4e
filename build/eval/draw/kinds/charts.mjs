// Bar charts, upright and lying, with or without the numbers at the bars.
import { look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

const topics = [
  { names: w.months.map((m) => m.slice(0, 3)), word: "month", titles: ["Rainfall", "Visitors", "Orders per month", "Sunny days"] },
  { names: w.months, word: "month", titles: ["Electricity used", "New members"] },
  { names: w.days, word: "day", titles: ["Steps", "Tickets sold", "Minutes read"] },
  { names: w.countries, word: "country", titles: ["Medals", "Offices", "Exports"] },
  { names: w.fruits, word: "fruit", titles: ["Harvest", "Crates sold", "Favourite fruit"] },
  { names: w.teams, word: "team", titles: ["Open tasks", "Overtime", "Head count"] },
  { names: w.hosts, word: "host", titles: ["Requests", "Errors today", "Disk use"] },
];
const palette = ["#3584e4", "#e66100", "#2ec27e", "#9141ac", "#e01b24", "#f5c211", "#0d7377", "#865e3c"];

// heights keeps the largest and the smallest apart from the next by a twelfth of the range.
function heights(r, n) {
  for (;;) {
    const top = r.pick([10, 50, 100, 100, 500, 2000]);
    const v = Array.from({ length: n }, () => r.int(Math.ceil(top / 20), top));
    const s = [...v].sort((a, b) => a - b);
    if (s[1] - s[0] >= top / 12 && s[n - 1] - s[n - 2] >= top / 12) return { v, top };
  }
}

function upright(c, l, W, H) {
  const left = 46, bottom = H - 34, high = bottom - 50, step = (W - left - 12) / c.names.length, bar = step * c.thick;
  const y = (v) => bottom - (v / c.top) * high;
  return ticks(c.top).map((t) => `<path d="M${left} ${y(t)}H${W - 8}" stroke="${l.line}"/><text x="${left - 6}" y="${y(t) + 4}" text-anchor="end" class="s">${t}</text>`).join("") +
    c.values.map((v, i) => {
      const x = left + step * i + (step - bar) / 2;
      return `<rect x="${x}" y="${y(v)}" width="${bar}" height="${bottom - y(v)}" fill="${c.colours[i]}"/>
        <text x="${x + bar / 2}" y="${bottom + 18}" text-anchor="middle">${c.names[i]}</text>` + (c.numbers ? `<text x="${x + bar / 2}" y="${y(v) - 5}" text-anchor="middle">${v}</text>` : "");
    }).join("");
}

function lying(c, l, W, H) {
  const left = 96, right = W - 56, step = (H - 50) / c.names.length, bar = step * c.thick;
  return c.values.map((v, i) => {
    const y = 44 + step * i + (step - bar) / 2, long = (v / c.top) * (right - left);
    return `<rect x="${left}" y="${y}" width="${long}" height="${bar}" fill="${c.colours[i]}"/><text x="${left - 8}" y="${y + bar / 2 + 5}" text-anchor="end">${c.names[i]}</text>` +
      (c.numbers ? `<text x="${left + long + 6}" y="${y + bar / 2 + 5}">${v}</text>` : "");
  }).join("") + `<path d="M${left} 40V${H - 6}" stroke="${l.faint}"/>`;
}

const ticks = (top) => [0, 1, 2, 3, 4, 5].map((i) => (top / 5) * i);

function chart(r) {
  const topic = r.pick(topics), n = r.int(3, 6), flat = r.chance(0.35), { v, top } = heights(r, n);
  const one = r.pick(palette);
  const colours = r.chance(0.5) ? Array(n).fill(one) : r.some(palette, n);
  return { topic, names: r.some(topic.names, n), values: v, top, flat, numbers: r.chance(0.6), colours, title: r.pick(topic.titles), thick: r.pick([0.5, 0.65, 0.8]) };
}

function questions(r, c) {
  const by = (i) => c.names[i], max = c.values.indexOf(Math.max(...c.values)), min = c.values.indexOf(Math.min(...c.values));
  const one = r.int(0, c.names.length - 1);
  const q = [
    { question: c.flat ? r.pick(["Which bar is the longest?", `Which ${c.topic.word} has the highest value?`]) : r.pick(["Which bar is the tallest?", `Which ${c.topic.word} has the highest value?`]), want: [by(max)], score: "exact" },
    { question: c.flat ? r.pick(["Which bar is the shortest?", `Which ${c.topic.word} has the lowest value?`]) : r.pick(["Which bar is the lowest?", `Which ${c.topic.word} has the lowest value?`]), want: [by(min)], score: "exact" },
    { question: "What is the title of the chart?", want: [c.title], score: "exact" },
    { question: "How many bars are there?", want: [String(c.names.length)], score: "number" },
  ];
  if (c.numbers) {
    const value = { question: r.pick([`What is the value of ${by(one)}?`, `How much is ${by(one)}?`, `What value does the bar for ${by(one)} show?`]), want: [String(c.values[one])], score: "exact" };
    const top = { question: "What is the highest value?", want: [String(c.values[max])], score: "exact" };
    return [value, ...r.some([top, ...q], 3)];
  }
  return r.some(q, 3);
}

export function charts(r) {
  const c = chart(r), l = look(r, 12, 14);
  const W = r.int(380, 512), H = Math.min(512, Math.round(W / (1 + r.next() * 0.6)));
  // Labels that would run into each other: whole names stand under few bars only.
  const widest = Math.max(...c.names.map((n) => n.length)) * l.size * 0.6;
  if (widest > (W - 60) / c.names.length) c.flat = true;
  const svg = `<svg width="${W}" height="${H}" style="display:block;background:${l.card}" font-family="${l.font}" font-size="${l.size}" fill="${l.ink}">
    <style>.s { fill: ${l.faint} }</style><text x="${W / 2}" y="24" text-anchor="middle" font-weight="700" font-size="${l.size + 3}">${c.title}</text>
    ${(c.flat ? lying : upright)(c, l, W, H)}</svg>`;
  const stranger = r.pick(c.topic.names.filter((n) => !c.names.includes(n)));
  const absent = [{ question: r.pick([`What is the value of ${stranger}?`, `How much is ${stranger}?`, `What value does the bar for ${stranger} show?`, `What colour is the bar for ${stranger}?`]) }];
  return { html: `<style>${sheet(l)}</style>${svg}`, limit: 512, look: l, tags: { font: l.font, numbers: c.numbers, flat: c.flat }, questions: questions(r, c), absent };
}
