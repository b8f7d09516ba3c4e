// Several questions about one picture, each after the answers to those before; later ones lean on earlier ones.
import { forms, askField } from "./forms.mjs";
import { drawTable, table } from "./tables.mjs";
import { look, sheet } from "../look.mjs";

function aboutForm(r) {
  const f = forms(r), [a, b, c] = r.some(f.list, 3);
  return { ...f, turns: [
    { question: askField(r, a), want: [a.value], score: "exact" },
    { question: r.pick([`And ${b.label}?`, `And the ${b.label.toLowerCase()}?`]), want: [b.value], score: "exact" },
    { question: r.pick([`What about ${c.label}?`, askField(r, c)]), want: [c.value], score: "exact" },
  ] };
}

function aboutTable(r) {
  const t = table(r, r.int(3, 6), 2), l = look(r, 12, 16), [a, b] = r.some(t.list, 2), head = t.heads[0];
  return { html: `<style>${sheet(l)}</style><div style="padding:8px">${drawTable(r, l, t)}</div>`, look: l, turns: [
    { question: `What is the ${head.toLowerCase()} of ${a.name}?`, want: [a.cells[0]], score: "exact" },
    { question: r.pick([`And of ${b.name}?`, `And for ${b.name}?`]), want: [b.cells[0]], score: "exact" },
    { question: `What is its ${t.heads[1].toLowerCase()}?`, want: [b.cells[1]], score: "exact" },
  ] };
}

export function turns(r) {
  const { html, look: l, turns: list } = r.chance(0.5) ? aboutForm(r) : aboutTable(r);
  return { html, look: l, limit: 512, tags: {}, turns: list };
}
