import { violations } from "./axe";
import { expect, test, type Window } from "./window";

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1080, 420]) {
    test.describe(`${colorScheme}, ${width} px wide`, () => {
      test.use({ colorScheme, viewport: { width, height: 760 } });
      test("every state is free of violations", everyState);
    });
  }
}

async function everyState({ window }: { window: Window }) {
  const { page } = window;
  const check = async (state: string) => expect.soft(await violations(window), state).toEqual([]);

  await expect(page.getByRole("region", { name: "Try the sample picture" }).getByRole("button").nth(1)).toBeVisible();
  await check("empty");
  const held = await window.drag("dialog-1.png", "chart-1.png");
  await check("pictures over the window");
  await held.drop();
  await expect(window.attached.getByRole("button", { name: /^Open/ })).toHaveCount(2);
  await check("pictures in the field");
  await window.send("Describe both pictures at length.");
  await check("an answer on its way");
  await window.done();
  await window.answers.getByRole("button", { name: /to first token/ }).click();
  await check("an answer with its details");
  await window.questions.getByRole("button", { name: /^Open dialog-1/ }).click();
  await expect(page.getByRole("dialog").getByRole("img")).toBeVisible();
  await check("a picture at large");
  await page.keyboard.press("Escape");
  await window.questions.hover();
  await window.questions.getByRole("button", { name: "Edit question" }).click();
  await check("a question being edited");
  await page.keyboard.press("Escape");
  const model = page.getByRole("button", { name: /^Model/ });
  await model.click();
  await check("the model's details");
  await page.keyboard.press("Escape");
  await expect(model).toBeFocused(); // a closing popover gives the focus back a moment later
  await page.keyboard.press("ControlOrMeta+k");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("pictures");
  await expect(window.chats.locator("mark").first()).toBeVisible();
  await check("a search");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+F10");
  await expect(page.getByRole("menu")).toBeVisible();
  await check("the menu of a chat");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Delete");
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
  await check("a chat deleted");
}

test("the page fits a narrow window, and nothing moves sideways", async ({ window }) => {
  await window.page.setViewportSize({ width: 420, height: 600 });
  await window.ask("Write one very long line of code in Python.");
  const wide = await window.page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(420);
  await expect(window.chats).toBeHidden();
  await window.page.getByRole("button", { name: "Chats" }).click();
  await expect(window.chats).toBeVisible();
  await window.page.keyboard.press("Escape");
  await expect(window.chats).toBeHidden();
});
