import { expect, test } from "./window";

test("history outlives a reload, and search finds words of a message", async ({ window }) => {
  await window.ask("What is a lighthouse?");
  await window.page.keyboard.press("ControlOrMeta+n");
  await window.ask("Name three rivers.");
  const answer = (await window.answers.locator(".markdown").textContent()) ?? "";

  await window.page.reload();
  await expect(window.answers.locator(".markdown")).toHaveText(answer);
  await expect(window.chats.getByRole("listitem")).toHaveCount(2);

  await window.page.keyboard.press("ControlOrMeta+k");
  await expect(window.page.getByRole("searchbox")).toBeFocused();
  await window.page.keyboard.type("lighthouse");
  await expect(window.chats.getByRole("listitem")).toHaveCount(1);
  await expect(window.chats.locator("mark").first()).toHaveText(/lighthouse/i);
  await window.page.keyboard.press("Enter");
  await expect(window.questions).toHaveText("What is a lighthouse?");
});

test("a chat is renamed, deleted and brought back", async ({ window }) => {
  await window.ask("Say hello.");
  const row = window.chats.getByRole("button", { name: "Say hello." }).first();
  await row.click({ button: "right" });
  await window.page.getByRole("menuitem", { name: "Rename" }).click();
  await window.page.keyboard.type("Greetings");
  await window.page.keyboard.press("Enter");
  await expect(window.page.getByRole("heading", { name: "Greetings" })).toBeVisible();

  await window.chats.getByRole("button", { name: "Greetings", exact: true }).hover();
  await window.chats.getByRole("button", { name: "Commands for Greetings" }).click();
  await window.page.getByRole("menuitem", { name: "Delete" }).click();
  await expect(window.page.getByText("No chats yet.")).toBeVisible();
  await expect(window.page.getByRole("heading", { name: "Ask about a picture" })).toBeVisible();
  await window.page.getByRole("button", { name: "Undo" }).click();
  await expect(window.questions).toHaveText("Say hello.");
  await window.page.reload();
  await expect(window.page.getByRole("heading", { name: "Greetings" })).toBeVisible();
});

test("a message is deleted and brought back", async ({ window }) => {
  await window.ask("Say hello.");
  const words = (await window.answers.locator(".markdown").textContent()) ?? "";
  await window.questions.hover();
  await window.page.getByRole("button", { name: "Delete question and answer" }).click();
  await expect(window.questions).toHaveCount(0);
  await expect(window.answers).toHaveCount(0);
  await window.page.getByRole("button", { name: "Undo" }).click();
  await expect(window.questions).toHaveText("Say hello.");
  await expect(window.answers.locator(".markdown")).toHaveText(words);
});

test("an answer goes on while another chat is shown", async ({ window }) => {
  await window.ask("Say hello.");
  await window.page.keyboard.press("ControlOrMeta+n");
  await window.send("Count from one to one hundred in words.");
  await window.chats.getByRole("button", { name: "Say hello.", exact: true }).click();
  await expect(window.stop).toBeHidden();
  await window.chats.getByRole("button", { name: /^Count from/ }).first().click();
  await expect(window.answers.locator(".markdown")).not.toHaveText("");
  await window.page.keyboard.press("Escape");
  await window.done();
});
