import axe from "axe-core";

// jsdom lays nothing out: contrast is measured in the browser tests.
const options = { rules: { "color-contrast": { enabled: false } } };

/** violations lists what axe finds wrong with the page, one line each. */
export async function violations(): Promise<string[]> {
  const found = await axe.run(document.body, options);
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
}
