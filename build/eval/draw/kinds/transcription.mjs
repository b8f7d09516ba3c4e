// Paragraphs to read aloud: 12 to 24 pixel text of up to 60 words.
import { all, escape, look, sheet } from "../look.mjs";

const asked = ["What does it say?", "Read this.", "Transcribe the text.", "What is written here?", "Read the text in this picture.", "Can you type out this text for me?",
  "What text is on the screen?", "Read everything in the picture."];

// passage takes whole sentences of one paragraph, of at most 60 words.
function passage(r, texts) {
  for (;;) {
    const paragraph = r.pick(r.chance(0.6) ? texts.prose : texts.manual);
    const target = r.int(4, 60);
    let text = "", n = 0;
    for (const s of paragraph) {
      const w = s.split(" ").length;
      if (n && n + w > target) break;
      text += (text ? " " : "") + s;
      n += w;
    }
    if (n >= 3 && n <= 60 && text.length <= 420) return { text, words: n };
  }
}

// shapes of crops: most as wide as high or up to twice, some strips.
function shape(r, chars, size) {
  const p = r.next();
  const aspect = p < 0.45 ? 1 + r.next() / 3 : p < 0.85 ? 1.35 + r.next() * 0.9 : 2.3 + r.next() * 2.7;
  const area = chars * size * 0.52 * size * 1.6;
  const width = Math.round(Math.min(512, Math.max(260, Math.sqrt(area * aspect) + 40)));
  return { width, height: Math.round(Math.min(512, width / aspect)) };
}

export function transcription(r, texts) {
  const { text, words } = passage(r, texts);
  const l = look(r, 12, 24, all);
  const s = shape(r, text.length, l.size);
  const body = `<div style="width:${s.width}px;min-height:${s.height}px;padding:${r.int(8, 24)}px">${escape(text)}</div>`;
  return {
    html: `<style>${sheet(l)}</style>${body}`, limit: 512, look: l, tags: { words, size: l.size, font: l.font },
    questions: [{ question: r.pick(asked), want: [text], score: "cer" }],
  };
}
