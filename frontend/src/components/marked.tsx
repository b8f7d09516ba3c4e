/** Marked is a text in which the words that were searched for stand out. */
export function Marked({ text, words }: { text: string; words: string }) {
  const wanted = words.trim().split(/\s+/).filter(Boolean);
  if (wanted.length === 0) return text;
  const escaped = wanted.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // A split on a captured group leaves the matches at the odd places.
  const parts = text.split(new RegExp(`(${escaped.join("|")})`, "giu"));
  return parts.map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : part));
}
