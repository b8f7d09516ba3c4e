import { afterEach, beforeEach, expect, it, vi } from "vitest";

const spoken = (language: string) => Object.defineProperty(navigator, "language", { value: language, configurable: true });
const before = navigator.language;
beforeEach(() => vi.resetModules());
afterEach(() => spoken(before));

it.each([
  ["C", "en-US"],
  ["de-DE", "de-DE"],
])("takes the language %s for %s", async (language, want) => {
  spoken(language);
  await import("./language");
  expect(navigator.language).toBe(want);
});
