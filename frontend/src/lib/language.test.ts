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
  expect((await import("./language")).language).toBe(want);
  expect(navigator.language).toBe(want);
});
