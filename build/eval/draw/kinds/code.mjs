// Terminals and code, in fonts of one width.
import { escape, look, mono, sheet } from "../look.mjs";
import * as w from "../words.mjs";

const commands = [
  (r) => { const d = r.pick(w.documents); return { run: `rm ${d}`, says: `rm: cannot remove '${d}': No such file or directory` }; },
  (r) => { const h = r.pick(w.hosts); return { run: `ping -c 1 ${h}`, says: `ping: ${h}: Name or service not known` }; },
  (r) => { const b = r.pick(w.hosts); return { run: `git checkout ${b}`, says: `error: pathspec '${b}' did not match any file(s) known to git` }; },
  (r) => ({ run: "make check", says: `make: *** [Makefile:${r.int(4, 90)}: check] Error ${r.int(1, 3)}` }),
  (r) => { const n = r.pick(w.hosts); return { run: `./${n}`, says: `bash: ./${n}: Permission denied` }; },
  (r) => ({ run: "go build ./...", says: `main.go:${r.int(3, 200)}:${r.int(2, 40)}: undefined: ${r.pick(w.hosts)}` }),
];

function terminal(r) {
  const c = r.pick(commands)(r), user = r.pick(w.firsts).toLowerCase(), host = r.pick(w.hosts), prompt = `${user}@${host}:~$ `;
  const before = r.chance(0.5) ? `${prompt}whoami\n${user}\n` : "";
  return { text: `${before}${prompt}${c.run}\n${c.says}\n${prompt}`, questions: [
    { question: r.pick(["What is the error?", "What does the error say?"]), want: [c.says], score: "exact" },
    { question: before ? "What was the last command?" : "Which command was run?", want: [c.run], score: "exact" },
    { question: "What is the host name?", want: [host], score: "exact" },
  ] };
}

function source(r) {
  const name = r.pick(["average", "parse_date", "load_config", "resize", "count_words", "send_mail"]), arg = r.pick(["values", "path", "text", "items"]), n = r.int(2, 500), limit = r.pick(["limit", "retries", "width", "depth"]);
  const text = `def ${name}(${arg}, ${limit}=${n}):\n    """See ${w.code(r)}."""\n    if not ${arg}:\n        raise ValueError("no ${arg}")\n    return ${arg}[:${limit}]`;
  return { text, questions: [
    { question: r.pick(["What is the name of the function?", "Which function is defined here?"]), want: [name, `${name}()`], score: "exact" },
    { question: `What is the default of ${limit}?`, want: [String(n)], score: "exact" },
    { question: "Read the code.", want: [text], score: "cer" },
  ] };
}

export function code(r) {
  const l = look(r, 12, 16, mono), c = r.chance(0.5) ? terminal(r) : source(r);
  const html = `<style>${sheet(l)} pre{margin:0;font-family:${l.font};white-space:pre-wrap;overflow-wrap:anywhere}</style><div style="width:${r.int(400, 510)}px;padding:12px"><pre>${escape(c.text)}</pre></div>`;
  return { html, limit: 512, look: l, tags: { font: l.font, size: l.size }, questions: r.some(c.questions, 2) };
}
