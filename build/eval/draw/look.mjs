// How pictures look: fonts, colours, sizes. A look is drawn once a picture, and turned into a style sheet.

// Files below usr/share/fonts of the unpacked packages: a family's regular and bold.
const files = {
  Cantarell: ["opentype/cantarell/Cantarell-Regular.otf", "opentype/cantarell/Cantarell-Bold.otf"],
  Carlito: ["truetype/crosextra/Carlito-Regular.ttf", "truetype/crosextra/Carlito-Bold.ttf"],
  Caladea: ["truetype/crosextra/Caladea-Regular.ttf", "truetype/crosextra/Caladea-Bold.ttf"],
  NimbusSans: ["opentype/urw-base35/NimbusSans-Regular.otf", "opentype/urw-base35/NimbusSans-Bold.otf"],
  NimbusRoman: ["opentype/urw-base35/NimbusRoman-Regular.otf", "opentype/urw-base35/NimbusRoman-Bold.otf"],
  NimbusMono: ["opentype/urw-base35/NimbusMonoPS-Regular.otf", "opentype/urw-base35/NimbusMonoPS-Bold.otf"],
  C059: ["opentype/urw-base35/C059-Roman.otf", "opentype/urw-base35/C059-Bold.otf"],
  P052: ["opentype/urw-base35/P052-Roman.otf", "opentype/urw-base35/P052-Bold.otf"],
  Bookman: ["opentype/urw-base35/URWBookman-Light.otf", "opentype/urw-base35/URWBookman-Demi.otf"],
  Gothic: ["opentype/urw-base35/URWGothic-Book.otf", "opentype/urw-base35/URWGothic-Demi.otf"],
  JetBrainsMono: ["truetype/jetbrains-mono/JetBrainsMono-Regular.ttf", "truetype/jetbrains-mono/JetBrainsMono-Bold.ttf"],
  Quicksand: ["truetype/quicksand/Quicksand-Medium.ttf", "truetype/quicksand/Quicksand-Bold.ttf"],
  Comfortaa: ["truetype/comfortaa/Comfortaa-Regular.ttf", "truetype/comfortaa/Comfortaa-Bold.ttf"],
  PTSans: ["truetype/paratype/PTS55F.ttf", "truetype/paratype/PTS75F.ttf"],
  PTSerif: ["truetype/paratype/PTF55F.ttf", "truetype/paratype/PTF75F.ttf"],
  PTMono: ["truetype/paratype/PTM55F.ttf", "truetype/paratype/PTM75F.ttf"],
  Gentium: ["truetype/gentium/Gentium-R.ttf", "truetype/gentium/Gentium-R.ttf"],
};

export const mono = ["JetBrainsMono", "NimbusMono", "PTMono"];
const interfaces = ["Cantarell", "Carlito", "NimbusSans", "PTSans", "Quicksand", "Cantarell", "NimbusSans", "PTSans", "Gothic", "Comfortaa"];
export const all = Object.keys(files);

// faces is the style sheet of all fonts; the host is answered by draw.mjs from the unpacked packages.
export const faces = Object.entries(files).map(([family, list]) => list.map((f, i) =>
  `@font-face{font-family:${family};font-weight:${i ? 700 : 400};src:url(http://fonts.invalid/${f})}`).join("")).join("");

const light = [
  { page: "#f6f5f4", card: "#ffffff", ink: "#2e3436", faint: "#5e5c64", line: "#cdc7c2" },
  { page: "#ececec", card: "#fafafa", ink: "#111111", faint: "#555555", line: "#bbbbbb" },
  { page: "#eef2f7", card: "#ffffff", ink: "#1f2937", faint: "#4b5563", line: "#d1d5db" },
  { page: "#fdf6e3", card: "#fffbf0", ink: "#3b4a50", faint: "#66757a", line: "#d9cfb4" },
];
const dark = [
  { page: "#242424", card: "#303030", ink: "#ffffff", faint: "#c0bfbc", line: "#4a4a4a" },
  { page: "#0f172a", card: "#1e293b", ink: "#e2e8f0", faint: "#a3b1c6", line: "#334155" },
  { page: "#1e1e1e", card: "#252526", ink: "#d4d4d4", faint: "#a8a8a8", line: "#3c3c3c" },
];
const accents = ["#3584e4", "#1a73e8", "#0a7d32", "#9141ac", "#c64600", "#b3261e", "#0f766e", "#374151"];

// look draws fonts and colours. Text is size CSS pixels high, from low to high.
export function look(r, low, high, families = interfaces) {
  const darkOne = r.chance(0.3);
  return {
    ...r.pick(darkOne ? dark : light), dark: darkOne, font: r.pick(families), size: r.int(low, high), accent: r.pick(accents), radius: r.pick([0, 3, 6, 12]),
    spacing: r.pick([1.2, 1.35, 1.5]),
  };
}

// sheet is what every picture starts with.
export const sheet = (l) => `
  * { box-sizing: border-box; }
  html, body { margin: 0; }
  body { font: ${l.size}px/${l.spacing} ${l.font}; color: ${l.ink}; background: ${l.page}; color-scheme: ${l.dark ? "dark" : "light"};
    font-variant-ligatures: none; overflow: hidden; width: max-content; }
  input, select, textarea, button { font: inherit; color: inherit; }
  input[type=text], select, textarea { background: ${l.card}; border: 1px solid ${l.line}; border-radius: ${Math.min(l.radius, 6)}px; padding: 3px 8px; }
  input[type=checkbox], input[type=radio] { width: 1em; height: 1em; accent-color: ${l.accent}; vertical-align: -0.1em; }
  button { background: ${l.card}; border: 1px solid ${l.line}; border-radius: ${l.radius}px; padding: 4px 14px; white-space: nowrap; }
  button.main { background: ${l.accent}; border-color: ${l.accent}; color: #fff; }
  .window { background: ${l.card}; border: 1px solid ${l.line}; border-radius: ${l.radius}px; overflow: hidden; }
  .title { background: ${l.page}; border-bottom: 1px solid ${l.line}; padding: 6px 12px; font-weight: 700; display: flex; gap: 8px; align-items: center; }
  .title .x { margin-left: auto; width: 0.7em; height: 0.7em; border-radius: 50%; background: ${l.line}; }
  .faint { color: ${l.faint}; }
  table { border-collapse: collapse; } th { text-align: left; }
`;

export const escape = (s) => String(s).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
