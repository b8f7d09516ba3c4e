import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((f) => /\.tsx?$/.test(f) && !f.includes(".test."));
const holding = (pattern: RegExp) => files.filter((file) => pattern.test(readFileSync(`src/${file}`, "utf8")));

// A dragged <img> or <a> crashes the window of macOS, so each has one component that cannot be dragged.
it("has one <img> and one <a>, which cannot be dragged", () => {
  expect(holding(/<img\b(?!>)/)).toEqual(["components/img.tsx"]);
  expect(holding(/<a\b(?!>)/)).toEqual(["components/outside-link.tsx"]);
  for (const file of ["components/img.tsx", "components/outside-link.tsx"]) {
    expect(readFileSync(`src/${file}`, "utf8")).toContain("draggable={false}");
  }
});

it("has no <Link> that can be dragged", () => {
  let links = 0;
  for (const file of files) {
    for (const [link] of readFileSync(`src/${file}`, "utf8").matchAll(/<Link\b[\s\S]*?(?<!=)>/g)) {
      links++;
      expect(link, file).toContain("draggable={false}");
    }
  }
  expect(links).toBeGreaterThan(5);
});

it("talks to the server in lib/api.ts alone", () => {
  expect(holding(/\bfetch\(/)).toEqual(["lib/api.ts"]);
});

// WebKitGTK crashes on the first two as a body; the window has no sockets.
it("uses no Blob, FormData, WebSocket or EventSource", () => {
  expect(holding(/new (Blob|FormData|WebSocket|EventSource|XMLHttpRequest)\b/)).toEqual([]);
});

// The types of the wire are written by make generate.
const generated = "lib/types.ts";

it("has no component over 250 lines", () => {
  expect(files.filter((file) => file !== generated && readFileSync(`src/${file}`, "utf8").split("\n").length > 250)).toEqual([]);
});
