// Sentences of the Linux man-pages, the Debian FAQ and the Debian Developer's Reference, from the unpacked Debian packages.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const joined = new Set(["BR", "RB", "BI", "IB", "IR", "RI"]); // macros whose arguments follow each other without a space
const inline = new Set(["B", "I"]);

// words splits a macro's arguments; quotes keep spaces.
const words = (line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]);

const unescaped = (s) =>
  s.replace(/\\f[A-Z]|\\f\([A-Z]{2}|\\&|\\[,/]/g, "").replace(/\\-/g, "-").replace(/\\\(aq/g, "'").replace(/\\\(dq/g, '"').replace(/\\e/g, "\\").replace(/\\ /g, " ");

// roff returns the paragraphs of a manual page. What is set without filling, and sections of code, are left out.
function roff(source) {
  const paragraphs = [];
  let line = [], filled = true;
  const end = () => {
    if (line.length) paragraphs.push(unescaped(line.join(" ")));
    line = [];
  };
  for (const l of source.split("\n")) {
    const macro = /^[.']\s*(\S*)\s*(.*)$/.exec(l);
    if (!macro) {
      if (filled && !/^\s/.test(l)) line.push(l);
      else end();
      continue;
    }
    const [, name, args] = macro;
    if (name.startsWith('\\"')) continue;
    if (joined.has(name)) line.push(words(args).join(""));
    else if (inline.has(name)) line.push(words(args).join(" "));
    else end();
    if (name === "nf" || name === "EX") filled = false;
    if (name === "fi" || name === "EE") filled = true;
  }
  end();
  return paragraphs;
}

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', nbsp: " " };

// html returns what stands in the paragraphs of a page.
const html = (source) =>
  [...source.matchAll(/<p>(.*?)<\/p>/gs)].map((m) =>
    m[1].replace(/<[^>]*>/g, "").replace(/&(\w+);/g, (all, e) => entities[e] ?? all).replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)));

const plain = (source) => source.split(/\n\s*\n/);

const straight = (s) => s.replace(/[\u2018\u2019]/g, "'").replace(/[\u201c\u201d]/g, '"').replace(/\s+/g, " ").trim();

// sentences keeps whole sentences of letters, digits and usual marks.
function sentences(paragraphs) {
  const out = [];
  for (const p of paragraphs) {
    const list = straight(p).match(/[A-Z"(][^.?!]*(?:[.?!](?=\S)[^.?!]*)*[.?!](?=\s|$)/g) ?? [];
    out.push(list.filter((s) => /^[\x20-\x7e]+$/.test(s) && /^[A-Z"]/.test(s) && !/[\\<>|*_=]{2}|\\|\s[.,]/.test(s)));
  }
  return out.filter((p) => p.length);
}

const files = (dir, pattern) => readdirSync(dir).filter((f) => pattern.test(f)).sort().map((f) => join(dir, f));
const read = (f) => (f.endsWith(".gz") ? gunzipSync(readFileSync(f)) : readFileSync(f)).toString("utf8");

// texts returns paragraphs as lists of sentences: manual pages, and prose.
export function texts(root) {
  const manual = [2, 3, 4, 5, 7].flatMap((n) => files(join(root, `usr/share/man/man${n}`), /\.gz$/)).flatMap((f) => roff(read(f)));
  const faq = plain(read(join(root, "usr/share/doc/debian/FAQ/debian-faq.txt.gz")));
  const reference = files(join(root, "usr/share/developers-reference"), /^[a-z-]+\.html$/).flatMap((f) => html(read(f)));
  return { manual: sentences(manual), prose: sentences([...faq, ...reference]) };
}
