/** duration is a time as people say it: "240 ms", "1.4 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** rate is a speed: "38 tokens/s", with a decimal while it is small. */
export const rate = (perSecond: number) => `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)} tokens/s`;

/** count is a number with its noun: "1 token", "1,024 tokens". */
export const count = (n: number, noun: string) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

/** size is the size of a picture: "1280 × 800". */
export const size = (picture: { width: number; height: number }) => `${picture.width} × ${picture.height}`;
