import { violations } from "./axe";
import { expect, test, type Window } from "./window";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test("the first-run page and the settings are free of violations", firstRun);
  });
}

async function firstRun({ window }: { window: Window }) {
  const { page } = window;
  const check = async (state: string) => expect.soft(await violations(window), state).toEqual([]);
  await page.evaluate(async () => {
    const headers = { "Content-Type": "application/json" };
    await fetch("/api/settings", { method: "PATCH", headers, body: JSON.stringify({ welcomed: false }) });
  });
  await page.reload();
  await expect(page.getByRole("heading", { name: "Ask about what you see" })).toBeFocused();
  await check("first step");
  await page.getByRole("button", { name: "Continue" }).click();
  await check("second step");
  await page.getByRole("button", { name: "Continue" }).click();
  await window.begin(() => page.getByRole("button", { name: "What does the message say?" }).click());
  await window.done();
  await expect(window.answers).toContainText("A new version is available.");
  await page.reload();
  await expect(window.answers).toContainText("A new version is available.");

  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("combobox", { name: "Style" }).selectOption("In my own words");
  await page.getByRole("textbox", { name: "How should answers be?" }).fill("Answer in Welsh.");
  await page.keyboard.press("Tab");
  await check("settings");
  await page.reload();
  await expect(page.getByRole("textbox", { name: "How should answers be?" })).toHaveValue("Answer in Welsh.");
}

// Dragging one crashes the window of macOS.
test("no image and no link can be dragged, on any screen", async ({ window }) => {
  const { page } = window;
  const seen = { IMG: 0, A: 0 };
  const check = async (screen: string) => {
    const found = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("img, a")].map((e) => ({
        tag: e.tagName as "IMG" | "A",
        free: e.draggable || getComputedStyle(e).getPropertyValue("-webkit-user-drag") !== "none",
        html: e.outerHTML,
      })),
    );
    for (const { tag, free, html } of found) {
      seen[tag]++;
      expect.soft(free, `${screen}: ${html}`).toBe(false);
    }
  };
  await expect(page.getByRole("region", { name: "Try the sample picture" }).locator("img")).toBeVisible();
  await check("new chat");
  await window.attach("dialog-1.png");
  await check("a question being written");
  await window.ask("What does the message say?");
  await check("a chat");
  await window.questions.getByRole("button", { name: /^Open dialog-1/ }).click();
  await expect(page.getByRole("dialog").getByRole("img")).toBeVisible();
  await check("a picture at large");
  await page.keyboard.press("Escape");
  for (const place of ["/models", "/settings", "/settings/privacy", "/tune", "/tune/pictures"]) {
    await page.evaluate((to) => (location.hash = `#${to}`), place);
    await expect(page.getByRole("main").locator("button, a, input").first()).toBeVisible();
    await check(place);
  }
  expect(seen.IMG).toBeGreaterThan(4);
  expect(seen.A).toBeGreaterThan(15);
});

test("answering thirty times leaves nothing behind in the page", async ({ window }) => {
  const { page } = window;
  await window.attach("dialog-1.png");
  await window.ask("What does the button say?"); // a word
  const debug = await page.context().newCDPSession(page);
  await debug.send("Performance.enable");
  const held = async () => {
    await page.waitForTimeout(200); // what fades in has faded in
    await debug.send("HeapProfiler.collectGarbage");
    const { metrics } = await debug.send("Performance.getMetrics");
    const of = (name: string) => metrics.find((m) => m.name === name)?.value ?? Number.NaN;
    return { nodes: of("Nodes"), listeners: of("JSEventListeners"), heap: of("JSHeapUsedSize") };
  };
  const again = async (times: number) => {
    for (let i = 0; i < times; i++) {
      await window.begin(() => page.getByRole("button", { name: "Answer again" }).click());
      await window.done();
    }
  };
  await again(5);
  const before = await held();
  await again(30);
  const after = await held();
  expect(after.nodes - before.nodes).toBeLessThan(30);
  expect(after.listeners - before.listeners).toBeLessThan(30);
  expect(after.heap - before.heap).toBeLessThan(2 << 20);
});
