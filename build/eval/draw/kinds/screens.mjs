// Whole screens of 800x600 and 1440x900: an application with menus, a sidebar, and a table or a form; sometimes a dialog over it.
import { fields, form, askField } from "./forms.mjs";
import { drawTable, lookups, table } from "./tables.mjs";
import { look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

const apps = ["Ledger", "Harbour Desk", "Atlas Planner", "Fjord Mail", "Orchard Stock", "Signal Room"];
const sections = ["Overview", "Orders", "Customers", "Reports", "Archive", "Settings", "Invoices", "Calendar"];
const menus = ["File", "Edit", "View", "Insert", "Tools", "Window", "Help"];

export function screens(r) {
  const large = r.chance(0.5), [W, H] = large ? [1440, 900] : [800, 600];
  const l = look(r, 13, 16), app = r.pick(apps), list = r.some(sections, 5), on = r.pick(list);
  const status = `${r.int(2, 400)} items, last saved at ${w.time(r)}`, buttons = r.some(["New", "Refresh", "Export", "Print", "Filter", "Share"], 3);
  const t = table(r, r.int(5, 9), 3), list2 = fields(r, 5), hasForm = r.chance(0.5);
  const main = hasForm ? form(r, l, "Details", list2, [], large ? 560 : 460) : `<div style="padding:14px">${drawTable(r, l, t)}</div>`;
  const html = `<style>${sheet(l)} body{width:${W}px;height:${H}px}</style><div style="display:flex;flex-direction:column;height:${H}px">
    <div class="title">${app}<span class="x"></span></div>
    <div style="display:flex;gap:16px;padding:4px 12px;border-bottom:1px solid ${l.line}">${menus.slice(0, r.int(4, 7)).join("</span><span>").replace(/^/, "<span>")}</span></div>
    <div style="display:flex;flex:1;min-height:0"><div style="width:${large ? 220 : 150}px;padding:10px;border-right:1px solid ${l.line}">
    ${list.map((s) => `<div style="padding:5px 8px;border-radius:${l.radius}px;${s === on ? `background:${l.accent};color:#fff` : ""}">${s}</div>`).join("")}</div>
    <div style="flex:1;min-width:0;background:${l.card}"><div style="display:flex;gap:8px;padding:10px">${buttons.map((b) => `<button>${b}</button>`).join("")}</div>${main}</div></div>
    <div class="faint" style="padding:4px 12px;border-top:1px solid ${l.line}">${status}</div></div>`;
  const questions = [
    { question: "What is the title of the window?", want: [app], score: "exact" },
    { question: "Which item is selected in the sidebar?", want: [on], score: "exact" },
    { question: "What does the status bar say?", want: [status], score: "exact" },
  ];
  const inside = hasForm ? r.some(list2, 2).map((f) => ({ question: askField(r, f), want: [f.value], score: "exact" })) : lookups(r, t, 2);
  return { html, limit: 1440, fixed: [W, H], look: l, tags: { screen: `${W}x${H}` }, questions: [...r.some(questions, 1), ...inside] };
}
