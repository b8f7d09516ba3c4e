import type { ThemedToken } from "shiki/core";

// What models write code in. The rest is shown plain.
const languages = {
  bash: () => import("shiki/langs/bash.mjs"),
  c: () => import("shiki/langs/c.mjs"),
  csharp: () => import("shiki/langs/csharp.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  kotlin: () => import("shiki/langs/kotlin.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  php: () => import("shiki/langs/php.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  swift: () => import("shiki/langs/swift.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  xml: () => import("shiki/langs/xml.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

const aliases: Record<string, keyof typeof languages> = {
  "c#": "csharp",
  "c++": "c",
  cpp: "c",
  cs: "csharp",
  golang: "go",
  js: "javascript",
  jsx: "tsx",
  md: "markdown",
  py: "python",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  ts: "typescript",
  yml: "yaml",
  zsh: "bash",
};

let highlighter: ReturnType<typeof load> | undefined;

async function load() {
  const [{ createHighlighterCore }, { createJavaScriptRegexEngine }, light, dark] = await Promise.all([
    import("shiki/core"),
    import("shiki/engine/javascript"),
    import("shiki/themes/github-light-high-contrast.mjs"),
    import("shiki/themes/github-dark-high-contrast.mjs"),
  ]);
  // The JavaScript engine needs no WebAssembly, which the page's content policy refuses.
  const engine = createJavaScriptRegexEngine({ forgiving: true });
  return createHighlighterCore({ engine, themes: [light, dark] });
}

/**
 * highlight gives the tokens of each line of code, each with `htmlStyle` in the variables --shiki-light and
 * --shiki-dark, or undefined for a language that it does not know. It loads what it needs on first use.
 */
export async function highlight(code: string, language: string): Promise<ThemedToken[][] | undefined> {
  const name = aliases[language] ?? language;
  if (!Object.hasOwn(languages, name)) return undefined;
  highlighter ??= load();
  const shiki = await highlighter;
  await shiki.loadLanguage(languages[name as keyof typeof languages]);
  const { tokens } = shiki.codeToTokens(code, {
    lang: name,
    themes: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    defaultColor: false,
  });
  return tokens;
}
