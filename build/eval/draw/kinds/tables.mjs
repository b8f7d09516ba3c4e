// Tables: rows with a name, columns with a heading, sometimes a total.
import { escape, look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

const amount = (r) => String(r.int(1, 9999));
// What rows are about: the heading over their names, the names, and columns with what stands in them.
const subjects = [
  { head: "Product", names: w.goods, columns: { Price: w.money, Stock: amount, Code: w.code, Supplier: (r) => r.pick(w.cities), Status: (r) => r.pick(w.statuses) } },
  { head: "City", names: w.cities, columns: { Population: (r) => (r.int(40, 4000) * 1000).toLocaleString("en-US"), Rain: (r) => `${r.int(3, 180)} mm`, High: (r) => `${r.int(2, 38)} °C`, Sunrise: w.time } },
  { head: "Name", names: w.people, columns: { Team: (r) => r.pick(w.teams), Hours: (r) => String(r.int(4, 60)), "Start date": w.date, Room: (r) => r.pick("ABCDE") + r.int(100, 499), Score: amount } },
  { head: "Month", names: w.months, columns: { Income: w.money, Costs: w.money, Orders: amount, Visitors: amount } },
  { head: "Host", names: w.hosts, columns: { Address: (r) => `10.${r.int(0, 99)}.${r.int(0, 255)}.${r.int(1, 254)}`, Load: (r) => `${r.int(1, 99)}%`, Uptime: (r) => `${r.int(1, 400)} days`, Site: (r) => r.pick(w.cities) } },
  { head: "File", names: w.documents, columns: { Size: (r) => `${r.int(1, 990)} ${r.pick(["KB", "MB"])}`, Modified: w.date, Owner: (r) => r.pick(w.firsts) } },
];

export function table(r, rows, columns) {
  const subject = r.pick(subjects);
  const heads = r.some(Object.keys(subject.columns), columns);
  const list = r.some(subject.names, rows).map((name) => ({ name, cells: heads.map((h) => subject.columns[h](r)) }));
  return { subject, heads, list };
}

export function drawTable(r, l, t) {
  const style = r.pick(["lines", "grid", "stripes"]);
  const cell = `padding:${r.int(3, 7)}px ${r.int(7, 14)}px;` + (style === "grid" ? `border:1px solid ${l.line};` : style === "lines" ? `border-bottom:1px solid ${l.line};` : "");
  const numbers = r.chance(0.5) ? "text-align:right;" : "";
  const head = [t.subject.head, ...t.heads].map((h, i) => `<th style="${cell}${i ? numbers : ""}${style === "stripes" ? `background:${l.accent};color:#fff` : ""}">${h}</th>`).join("");
  const body = t.list.map((row, n) => `<tr style="${style === "stripes" && n % 2 ? `background:${l.page}` : ""}">` +
    [row.name, ...row.cells].map((c, i) => `<td style="${cell}${i ? numbers : ""}white-space:nowrap">${escape(c)}</td>`).join("") + "</tr>").join("");
  return `<table style="background:${l.card}"><tr>${head}</tr>${body}</table>`;
}

export function lookups(r, t, n) {
  const out = [];
  for (const row of r.some(t.list, n)) {
    const c = r.int(0, t.heads.length - 1), head = t.heads[c], cell = row.cells[c];
    const back = t.list.filter((o) => o.cells[c] === cell).length === 1 && r.chance(0.2);
    out.push(back ? { question: `${t.subject.head === "Name" ? "Who" : `Which ${t.subject.head.toLowerCase()}`} has the ${head.toLowerCase()} ${cell}?`, want: [row.name], score: "exact" }
      : { question: r.pick([`What is the ${head.toLowerCase()} of ${row.name}?`, `What is ${head} for ${row.name}?`, `In the table, what is the ${head.toLowerCase()} for ${row.name}?`]), want: [cell], score: "exact" });
  }
  return out;
}

export function tables(r) {
  const t = table(r, r.int(2, 7), r.int(1, 3));
  const l = look(r, 12, 16);
  const questions = lookups(r, t, 3);
  if (r.chance(0.6)) questions[2] = r.pick([
    { question: "How many rows does the table have, not counting the heading?", want: [String(t.list.length)], score: "number" },
    { question: "How many columns are there?", want: [String(t.heads.length + 1)], score: "number" },
  ]);
  const stranger = r.pick(t.subject.names.filter((n) => !t.list.some((row) => row.name === n)));
  const head = r.pick(t.heads);
  const absent = [r.chance(0.7) ? { question: r.pick([`What is the ${head.toLowerCase()} of ${stranger}?`, `What is ${head} for ${stranger}?`]) }
    : { question: `What is the ${r.pick(["colour", "weight", "discount", "birthday", "password"])} of ${t.list[0].name}?` }];
  const html = `<style>${sheet(l)}</style><div style="padding:${r.int(4, 20)}px">${drawTable(r, l, t)}</div>`;
  return { html, limit: 512, look: l, tags: { size: l.size, font: l.font, rows: t.list.length }, questions: questions.filter(Boolean), absent };
}
