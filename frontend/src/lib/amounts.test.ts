import { expect, it } from "vitest";
import { bytes, count, duration, rate } from "./amounts";

it.each([
  [0.4, "0 ms"],
  [999.4, "999 ms"],
  [1240, "1.2 s"],
  [125_000, "2 min 5 s"],
])("says %d ms as %s", (ms, words) => expect(duration(ms)).toBe(words));

it("gives a slow speed a decimal", () => {
  expect([rate(3.14), rate(38.2)]).toEqual(["3.1 tokens/s", "38 tokens/s"]);
});

it("counts one and many", () => {
  expect([count(1, "token"), count(1024, "token")]).toEqual(["1 token", "1,024 tokens"]);
});

it("writes amounts of storage as file managers do", () => {
  expect([0, 999, 1000, 9_960, 640_000, 1_400_000_000].map(bytes)).toEqual(["0 bytes", "999 bytes", "1.0 KB", "10.0 KB", "640 KB", "1.4 GB"]);
});
