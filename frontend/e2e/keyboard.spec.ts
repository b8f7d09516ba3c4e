import { expect, test } from "./window";

test("everything is done with the keyboard alone", async ({ window }) => {
  const { keyboard } = window.page;
  await expect(window.question).toBeFocused();
  await keyboard.type("Say hello.");
  await keyboard.press("Shift+Enter");
  await keyboard.type("In one word.");
  await window.begin(() => keyboard.press("Enter"));
  await window.done();
  await expect(window.questions).toHaveText("Say hello.\nIn one word.");

  await keyboard.press("ControlOrMeta+n");
  await expect(window.question).toBeFocused();
  await keyboard.type("Say goodbye.");
  await window.begin(() => keyboard.press("Enter"));
  await window.done();

  await keyboard.press("ControlOrMeta+k");
  await expect(window.page.getByRole("searchbox")).toBeFocused();
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowDown");
  await expect(window.chats.getByRole("button", { name: /^Say hello/ }).first()).toBeFocused();
  await keyboard.press("F2");
  await expect(window.page.getByRole("textbox", { name: "Title of the chat" })).toBeFocused();
  await keyboard.type("Hello");
  await keyboard.press("Enter");
  await expect(window.chats.getByRole("button", { name: "Hello", exact: true })).toBeFocused();
  await keyboard.press("Enter");
  await expect(window.page.getByRole("heading", { name: "Hello" })).toBeVisible();
  await expect(window.question).toBeFocused();

  // From the field back to the last answer: its disclosure opens.
  const details = window.answers.getByRole("button", { name: /to first token/ });
  for (let i = 0; i < 4 && !(await details.evaluate((e) => e === document.activeElement)); i++) await keyboard.press("Shift+Tab");
  await expect(details).toBeFocused();
  const outline = await details.evaluate((e) => getComputedStyle(e).outlineStyle);
  expect(outline).toBe("solid");
  await keyboard.press("Enter");
  await expect(window.answers.getByText("First token", { exact: true })).toBeVisible();

  await keyboard.press("ControlOrMeta+k");
  await keyboard.press("ArrowDown");
  await expect(window.chats.getByRole("button", { name: /^Say goodbye/ }).first()).toBeFocused();
  await keyboard.press("Delete");
  await expect(window.chats.getByRole("listitem")).toHaveCount(1);
  await expect(window.chats.getByRole("button", { name: "Hello", exact: true })).toBeFocused();
});

test("the page tells screen readers what happens and then the answer", async ({ window }) => {
  const told = window.page.locator("main [aria-live=polite]");
  await window.attach("dialog-1.png");
  await window.send("What does the button say?");
  await expect(told).toHaveText(/Looking at the picture|Reading|Writing|Thinking/);
  await window.done();
  await expect(told).toHaveText(/\S/);
  const answer = await window.answers.locator(".markdown").textContent();
  await expect(told).toContainText(answer?.slice(0, 20).trim() ?? "");
});
