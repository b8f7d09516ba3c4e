// Dialogs: a title, a message, buttons, sometimes a checkbox and an error code.
import { escape, look, sheet } from "../look.mjs";
import * as w from "../words.mjs";

const plainTitles = ["Empty Bin", "Leave Meeting", "Unsaved Changes", "Restart Required", "Share Location", "Delete Album", "Sign Out", "Format Card", "Update Ready", "Overwrite File", "Low Battery",
  "Join Network", "Merge Contacts", "Export Finished"];
const errorTitles = ["Copy Failed", "Cannot Connect", "Printer Error", "Sync Problem", "Disk Error", "Login Failed", "Import Error", "Playback Error", "Upload Failed"];

const plainMessages = [
  (r) => `Do you want to keep the changes to ${r.pick(w.documents)}?`,
  (r) => `${r.int(2, 90)} items will be removed for good.`,
  (r) => `${r.pick(w.people)} wants to join this call.`,
  (r) => `A file named ${r.pick(w.documents)} is already in ${r.pick(w.folders)}. Replace it?`,
  (r) => `Only ${r.int(3, 14)} percent of battery is left. Plug in the charger soon.`,
  (r) => `Version ${r.int(1, 9)}.${r.int(0, 20)}.${r.int(0, 9)} will be installed when you close the app.`,
  (r) => `Allow Compass to use your location while you are in ${r.pick(w.cities)}?`,
  (r) => `Your trial ends on ${w.date(r)}. Choose a plan to go on.`,
  (r) => `Two contacts named ${r.pick(w.people)} look alike. Should they become one?`,
  (r) => `The report for ${r.pick(w.months)} was saved to ${r.pick(w.folders)}.`,
  (r) => `You have been signed in on a new device in ${r.pick(w.cities)}.`,
  (r) => `Restart the computer to finish the setup of ${r.pick(w.hosts)}.`,
];
const errorMessages = [
  (r) => `The file ${r.pick(w.documents)} could not be copied: the disk is full.`,
  (r) => `The server ${r.pick(w.hosts)}.example did not answer within ${r.int(5, 60)} seconds.`,
  () => "The printer is out of paper. Add paper and try again.",
  (r) => `${r.pick(w.documents)} is damaged and cannot be opened.`,
  () => "Wrong user name or password.",
  (r) => `Line ${r.int(2, 400)} of ${r.pick(w.documents)} has too many columns.`,
  (r) => `Permission denied: ${r.pick(w.folders)}`,
  (r) => `The connection to ${r.pick(w.hosts)} was lost at ${w.time(r)}.`,
  () => "This video format is not supported.",
  (r) => `Upload stopped after ${r.int(2, 900)} MB. Check your network.`,
];
const buttons = [["Cancel", "OK"], ["Don't Save", "Cancel", "Save"], ["No", "Yes"], ["Later", "Restart Now"], ["Skip", "Replace", "Keep Both"], ["Ignore", "Retry"], ["Close"], ["OK"],
  ["Deny", "Allow"], ["Not Now", "Continue"], ["Cancel", "Delete"], ["Help", "Try Again", "Quit"], ["Back", "Next"], ["Dismiss", "Show Details"]];
const checks = ["Do not ask again", "Apply to all files", "Remember my choice", "Send a report", "Also delete backups", "Open when finished"];

function parts(r, texts) {
  const error = r.chance(0.4);
  let message = r.pick(error ? errorMessages : plainMessages)(r);
  if (!error && r.chance(0.25)) {
    do message = r.pick(r.pick(texts.prose)); while (message.split(" ").length > 22 || message.split(" ").length < 5);
  }
  return {
    error, message, title: r.pick(error ? errorTitles : plainTitles), buttons: r.pick(buttons), check: r.chance(0.4) ? r.pick(checks) : "", checked: r.chance(0.5),
    code: error && r.chance(0.4) ? r.pick([`0x8007${r.int(1000, 9999)}`, `E-${r.int(100, 999)}`, String(r.int(400, 599))]) : "",
  };
}

function draw(r, d, l) {
  const main = r.chance(0.8) ? r.int(0, d.buttons.length - 1) : -1;
  const icon = `<svg width="32" height="32" style="flex:none"><circle cx="16" cy="16" r="14" fill="${d.error ? "#c01c28" : l.accent}"/>
    <path d="M16 8v10M16 22v2" stroke="#fff" stroke-width="3"/></svg>`;
  const body = `<div style="display:flex;gap:14px;padding:18px;align-items:flex-start">${r.chance(0.6) ? icon : ""}<div>${escape(d.message)}
    ${d.code ? `<div class="faint" style="margin-top:8px">Error code: ${d.code}</div>` : ""}
    ${d.check ? `<label style="display:block;margin-top:10px"><input type="checkbox" ${d.checked ? "checked" : ""}> ${d.check}</label>` : ""}</div></div>`;
  const row = `<div style="display:flex;gap:8px;padding:12px 18px;justify-content:${r.pick(["flex-end", "flex-end", "center", "flex-start"])}">
    ${d.buttons.map((b, i) => `<button class="${i === main ? "main" : ""}">${b}</button>`).join("")}</div>`;
  const width = r.int(300, 430);
  const title = r.chance(0.75) ? `<div class="title">${d.title}<span class="x"></span></div>` : `<div style="padding:16px 18px 0;font-weight:700">${d.title}</div>`;
  const html = `<style>${sheet(l)}</style><div style="padding:${r.int(6, 34)}px ${r.int(6, 34)}px"><div class="window" style="width:${width}px">${title}${body}${row}</div></div>`;
  return { html, main };
}

function questions(r, d, main) {
  const q = [
    { question: r.pick(["What is the title of this window?", "What is this dialog called?", "What is the heading?"]), want: [d.title], score: "exact" },
    {
      question: d.error ? r.pick(["What is the error?", "What does the error say?", "What went wrong?"]) : r.pick(["What does the message say?", "What is it asking me?", "Read the message."]),
      want: [d.message, `${d.message} Error code: ${d.code}`].slice(0, d.code ? 2 : 1), score: "exact",
    },
    { question: r.pick(["Which buttons are there?", "What buttons can I click?", "List the buttons."]), want: d.buttons, score: "list" },
  ];
  if (main >= 0) q.push({ question: r.pick(["Which button is highlighted?", "What does the highlighted button say?"]), want: [d.buttons[main]], score: "exact" });
  if (d.check) q.push({ question: r.pick([`Is "${d.check}" checked?`, `Is the box "${d.check}" ticked?`]), want: [d.checked ? "yes" : "no"], score: "yesno" });
  if (d.code) q.push({ question: r.pick(["What is the error code?", "Which error code is shown?"]), want: [d.code], score: "exact" });
  if (r.chance(0.3)) q.push({ question: "How many buttons are there?", want: [String(d.buttons.length)], score: "number" });
  return q;
}

function absent(r, d) {
  const q = [];
  const other = r.pick(checks.filter((c) => c !== d.check));
  q.push({ question: r.pick([`Is "${other}" checked?`, `Is the box "${other}" ticked?`]) });
  if (!d.code) q.push({ question: r.pick(["What is the error code?", "Which error code is shown?"]) });
  q.push({ question: r.pick(["What is the phone number?", "What is the total?", "Which bar is the tallest?", "What does the table say about March?", "What colour is the star?"]) });
  return r.some(q, 1);
}

export function dialogs(r, texts) {
  const d = parts(r, texts);
  const l = look(r, 12, 18);
  const { html, main } = draw(r, d, l);
  return { html, limit: 512, look: l, parts: d, tags: { size: l.size, font: l.font }, questions: r.some(questions(r, d, main), 3), absent: absent(r, d) };
}
