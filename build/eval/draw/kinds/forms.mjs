// Forms and settings: labels with fields, menus, boxes and choices.
import { escape, look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

// Fields that hold a text, and those that offer a choice.
const texts = {
  "First name": (r) => r.pick(w.firsts), "Full name": (r) => r.pick(w.people), Email: w.email, Phone: w.phone, City: (r) => r.pick(w.cities), Country: (r) => r.pick(w.countries),
  Street: w.address, "Postal code": (r) => String(r.int(10000, 99999)), "Date of birth": w.date, "Order number": w.code, "Server name": (r) => `${r.pick(w.hosts)}.example`,
  Port: (r) => String(r.int(20, 65000)), "Save to": (r) => r.pick(w.folders), Budget: w.money, "Start time": w.time, "Due date": w.date, "File name": (r) => r.pick(w.documents), Width: (r) => `${r.int(10, 4000)} px`,
  Department: (r) => r.pick(w.teams), Assignee: (r) => r.pick(w.people), "User name": (r) => r.pick(w.firsts).toLowerCase() + r.int(2, 99),
};
const choices = {
  Language: ["English", "Norwegian", "Polish", "Japanese", "Finnish"], Theme: ["Light", "Dark", "Automatic"], Quality: ["Low", "Medium", "High", "Lossless"], Units: ["Metric", "Imperial"],
  "Paper size": ["A4", "A5", "Letter", "Legal"], Priority: ["Low", "Normal", "High", "Urgent"], "Font size": ["Small", "Medium", "Large"], Backup: ["Never", "Daily", "Weekly", "Monthly"],
  Delivery: ["Standard", "Express", "Pick up"], Payment: ["Card", "Invoice", "Cash"], Sort: ["Name", "Size", "Date"],
};
const switches = ["Show hidden files", "Play sounds", "Start at login", "Use mobile data", "Send newsletters", "Lock when closed", "Check spelling", "Keep a copy", "Night light", "Share statistics"];
const titles = ["Profile", "Account", "New Order", "Export", "Network", "Preferences", "Shipping", "Registration", "Task", "Display"];

export function fields(r, n) {
  const used = r.some([...Object.keys(texts), ...Object.keys(choices)], n);
  return used.map((label) => {
    if (texts[label]) return { label, value: texts[label](r), type: r.chance(0.8) ? "text" : "plain" };
    const options = choices[label];
    return { label, value: r.pick(options), options, type: options.length <= 3 && r.chance(0.5) ? "radio" : "menu" };
  });
}

function control(f) {
  const v = escape(f.value);
  switch (f.type) {
    case "text": return `<input type="text" value="${v}" style="width:100%">`;
    case "menu": return `<select style="width:100%"><option>${v}</option></select>`;
    case "radio": return f.options.map((o) => `<label style="margin-right:12px;white-space:nowrap"><input type="radio" name="${f.label}" ${o === f.value ? "checked" : ""}> ${o}</label>`).join("");
    default: return v;
  }
}

// form draws fields and switches in one column of labels beside or above their controls.
export function form(r, l, title, list, boxes, width) {
  const above = r.chance(0.25) && list.length <= 4, colon = r.pick([":", "", ""]);
  const rows = list.map((f) => above ? `<div style="grid-column:1/3"><div class="faint">${f.label}</div>${control(f)}</div>`
    : `<div style="align-self:center">${f.label}${colon}</div><div>${control(f)}</div>`).join("");
  const ticks = boxes.map((b) => `<label style="grid-column:1/3"><input type="checkbox" ${b.on ? "checked" : ""}> ${b.label}</label>`).join("");
  return `<div style="width:${width}px;padding:16px"><div style="font-weight:700;font-size:1.2em;margin-bottom:10px">${title}</div>
    <div style="display:grid;grid-template-columns:max-content 1fr;gap:${r.int(6, 12)}px 14px">${rows}${ticks}</div></div>`;
}

const ask = (r, f) => f.type === "radio" || f.type === "menu"
  ? r.pick([`What is ${f.label} set to?`, `Which option is selected for ${f.label}?`, `What is the value of ${f.label}?`])
  : r.pick([`What is in the ${f.label} field?`, `What is the value of "${f.label}"?`, `What does ${f.label} say?`, `What is the ${f.label.toLowerCase()}?`]);

const askBox = (r, b) => r.pick([`Is "${b.label}" checked?`, `Is "${b.label}" turned on?`, `Is the box "${b.label}" ticked?`]);

export function forms(r) {
  const l = look(r, 12, 17);
  const list = fields(r, r.int(3, 6));
  const boxes = r.some(switches, r.int(0, 3)).map((label) => ({ label, on: r.chance(0.5) }));
  const title = r.pick(titles);
  const html = `<style>${sheet(l)}</style>${form(r, l, title, list, boxes, r.int(340, 500))}`;
  const questions = r.some(list, Math.min(3, list.length)).map((f) => ({ question: ask(r, f), want: [f.value], score: "exact" }));
  if (boxes.length) {
    const b = r.pick(boxes);
    questions[2] = { question: askBox(r, b), want: [b.on ? "yes" : "no"], score: "yesno" };
  }
  const missing = r.pick(Object.keys(texts).filter((t) => !list.some((f) => f.label.split(" ").some((word) => t.includes(word)))));
  const box = r.pick(switches.filter((s) => !boxes.some((b) => b.label === s)));
  const absent = [r.chance(0.75) ? ask(r, { label: missing, type: "text" }) : askBox(r, { label: box })];
  return { html, limit: 512, look: l, list, boxes, title, tags: { size: l.size, font: l.font }, questions, absent: absent.map((question) => ({ question })) };
}
export const askField = ask;
