import { expect, it } from "vitest";
import { webAddress } from "./browser";

it.each(["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "//evil.example", "#top", "", undefined, "http://"])(
  "does not open %s",
  (href) => expect(webAddress(href)).toBeUndefined(),
);

it("opens web pages", () => {
  expect(webAddress("https://example.com/a?b")?.href).toBe("https://example.com/a?b");
});
