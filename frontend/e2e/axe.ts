import { readFileSync } from "node:fs";
import type axe from "axe-core";
import type { Window } from "./window";

const source = readFileSync("node_modules/axe-core/axe.min.js", "utf8");

/** violations lists what axe finds wrong by WCAG 2.2 AA and its best practices. */
export async function violations({ page }: Window): Promise<string[]> {
  // As an expression of the debugger: the page's content policy lets no script in.
  if (!(await page.evaluate("'axe' in globalThis"))) await page.evaluate(source);
  return page.evaluate(async () => {
    const { violations: found } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
      // A menu stands outside of the landmarks.
      rules: { region: { enabled: false } },
    });
    return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}: ${n.any[0]?.message ?? v.help}`));
  });
}
