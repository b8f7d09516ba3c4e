import { expect, test } from "./window";

// Words alone, at length: the model has something to say for a while.
const longQuestion = "Write a long story about a sailor, with many paragraphs.";

test("a picture dragged in is answered, with words before the end", async ({ window }) => {
  const held = await window.drag("dialog-1.png");
  await expect(window.page.getByText("Drop pictures to ask about them")).toBeVisible();
  await held.drop();
  await expect(window.page.getByText("Drop pictures to ask about them")).toBeHidden();
  await expect(window.attached.getByRole("button", { name: "Open dialog-1.png, 512 × 512" })).toBeVisible();

  await window.ask("What does the button say?");
  await expect(window.answers).toHaveCount(1);
  await expect(window.answers).not.toHaveText("");
  await window.answers.getByRole("button", { name: /to first token/ }).click();
  await expect(window.answers.getByText(/512 × 512, seen as \d+ × \d+ in .*, \d+ tokens/)).toBeVisible();
  await expect(window.answers.locator("dd").last()).toHaveText(/^\d+ tokens?(, [\d.]+ tokens\/s)?$/);
});

test("words arrive before the end, and Esc stops what is left", async ({ window }) => {
  await window.send(longQuestion);
  await expect(window.stop).toBeVisible();
  const text = window.answers.locator(".markdown");
  await expect(text).not.toHaveText("");
  const early = (await text.textContent()) ?? "";
  await expect.poll(async () => ((await text.textContent()) ?? "").length).toBeGreaterThan(early.length);
  await expect(window.stop).toBeVisible();

  await window.page.keyboard.press("Escape");
  await window.done();
  await expect(window.answers.getByText("You stopped this answer.")).toBeVisible();
  const stopped = await text.textContent();
  await window.page.reload();
  await expect(text).toHaveText(stopped ?? "");
  await expect(window.answers.getByText("You stopped this answer.")).toBeVisible();
});

test("several pictures come by drop, paste and picker, and one goes again", async ({ window }) => {
  await window.attach("dialog-1.png", "chart-1.png");
  const chooser = window.page.waitForEvent("filechooser");
  await window.page.getByRole("button", { name: "Add pictures" }).click();
  await (await chooser).setFiles("../engine/builtin/testdata/screens/block-1.png");
  await expect(window.attached.getByRole("listitem")).toHaveCount(3);

  // The clipboard takes a picture that the page draws, and gives it back by the keyboard.
  await window.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(64, 48);
    canvas.getContext("2d")?.fillRect(0, 0, 64, 48);
    await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
  });
  await window.question.press("ControlOrMeta+v");
  await expect(window.attached.getByRole("button", { name: /64 × 48$/ })).toBeVisible();

  await window.attached.getByRole("button", { name: "Remove chart-1.png" }).click();
  await window.ask("Describe these.");
  await expect(window.questions.getByRole("button", { name: /^Open/ })).toHaveCount(3);

  await window.questions.getByRole("button", { name: "Open dialog-1.png" }).click();
  const viewer = window.page.getByRole("dialog");
  await expect(viewer.getByRole("img", { name: "dialog-1.png" })).toBeVisible();
  await window.page.keyboard.press("ArrowRight");
  await expect(viewer.getByRole("img", { name: "block-1.png" })).toBeVisible();
  await window.page.keyboard.press("Escape");
  await expect(viewer).toBeHidden();
});

test("a file that is no picture is turned away with a reason", async ({ window }) => {
  const chooser = window.page.waitForEvent("filechooser");
  await window.page.getByRole("button", { name: "Add pictures" }).click();
  await (await chooser).setFiles({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") });
  await expect(window.page.getByText("This file is not a picture that Sightglass can read.")).toBeVisible();
  await expect(window.attached).toBeHidden();
});

test("the sample picture is asked about with one click", async ({ window }) => {
  const sample = window.page.getByRole("region", { name: "Try the sample picture" });
  const suggestion = sample.getByRole("button").nth(1);
  const words = (await suggestion.textContent()) ?? "";
  await window.begin(() => suggestion.click());
  await window.done();
  await expect(window.questions.getByText(words)).toBeVisible();
  await expect(window.answers.locator(".markdown")).not.toHaveText("");
});

test("an answer is written again, and a question is edited in its place", async ({ window }) => {
  // About a screen the model is brief.
  await window.attach("dialog-1.png");
  await window.ask("What does the button say?");
  await window.ask("What is the title of the dialog?");
  await expect(window.answers).toHaveCount(2);
  await window.begin(() => window.page.getByRole("button", { name: "Answer again" }).click());
  await window.done();
  await expect(window.answers).toHaveCount(2);

  await window.questions.first().hover();
  await window.questions.first().getByRole("button", { name: "Edit question" }).click();
  await expect(window.page.getByText("What was said after it will be replaced.")).toBeVisible();
  await window.page.getByRole("textbox", { name: "Edit the question" }).fill("What colour is the button?");
  await window.begin(() => window.page.keyboard.press("Enter"));
  await window.done();
  await expect(window.questions).toHaveCount(1);
  await expect(window.questions).toHaveText("What colour is the button?");
  await expect(window.answers).toHaveCount(1);
});

test("the view follows the words until the person scrolls up", async ({ window }) => {
  await window.page.setViewportSize({ width: 700, height: 360 });
  const scroller = window.page.locator("main > div").first();
  const below = () => scroller.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
  await window.send(longQuestion);
  await expect.poll(() => scroller.evaluate((e) => e.scrollTop)).toBeGreaterThan(40);
  expect(await below()).toBeLessThan(40);

  await scroller.hover();
  await window.page.mouse.wheel(0, -4000);
  const latest = window.page.getByRole("button", { name: "Jump to latest" });
  await expect(latest).toBeVisible();
  const stays = await scroller.evaluate((e) => e.scrollTop);
  const grown = await scroller.evaluate((e) => e.scrollHeight);
  await expect.poll(() => scroller.evaluate((e) => e.scrollHeight)).toBeGreaterThan(grown);
  expect(await scroller.evaluate((e) => e.scrollTop)).toBe(stays);

  await latest.click();
  await expect.poll(below).toBeLessThan(2);
  await expect(latest).toBeHidden();
  await window.page.keyboard.press("Escape");
  await window.done();
});
