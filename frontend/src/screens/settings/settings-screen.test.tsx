import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { violations } from "@/test/axe";
import { FakeApi } from "@/test/fake-api";
import { openWindow } from "@/test/window";
import { shortcutOf } from "./shortcut-field";

const open = async (server: FakeApi) => {
  const page = await openWindow(server, "/settings");
  await screen.findByText("3 chats, 1 picture, 1.4 MB");
  return page;
};

it("changes what is set, and shows it at once", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  expect(await violations()).toEqual([]);
  await user.selectOptions(screen.getByRole("combobox", { name: "Appearance" }), "Dark");
  await waitFor(() => expect(document.documentElement.dataset.appearance).toBe("dark"));
  await user.selectOptions(screen.getByRole("combobox", { name: "Keep them" }), "A month");
  await user.click(screen.getByRole("switch", { name: "Keep chats" }));
  await waitFor(() => expect(server.asked).toEqual([{ appearance: "dark" }, { keep_days: 30 }, { history: false }]));
  await waitFor(() => expect(screen.getByRole<HTMLSelectElement>("combobox", { name: "Keep them" }).disabled).toBe(true));
});

it("records another shortcut, and says why one is refused", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  await user.click(screen.getByRole("button", { name: "Shortcut: Ctrl+Shift+Space" }));
  const field = screen.getByRole("button", { name: "Press the new shortcut" });
  fireEvent.keyDown(field, { code: "KeyA", key: "A", shiftKey: true }); // not one
  fireEvent.keyDown(field, { code: "KeyA", key: "a", ctrlKey: true, altKey: true });
  await screen.findByRole("button", { name: "Shortcut: Ctrl+Alt+A" });
  expect(server.asked).toEqual([{ shortcut: "Ctrl+Alt+A" }]);

  server.refusal = { code: "shortcut_taken", sentence: "Another program has this shortcut.", action: "Choose another one." };
  await user.click(screen.getByRole("button", { name: "Remove" }));
  expect(await screen.findByText("Another program has this shortcut.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Shortcut: Ctrl+Alt+A" })).toBeTruthy();
});

it("names keys as the app does", () => {
  const keys = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  expect(shortcutOf({ ...keys, code: "Space", ctrlKey: true, shiftKey: true })).toBe("Ctrl+Shift+Space");
  expect(shortcutOf({ ...keys, code: "Digit7", metaKey: true })).toBe("Super+7");
  expect(shortcutOf({ ...keys, code: "F12", altKey: true })).toBe("Alt+F12");
  for (const code of ["F13", "Escape", "ControlLeft", "Minus"]) expect(shortcutOf({ ...keys, code, ctrlKey: true })).toBeUndefined();
  expect(shortcutOf({ ...keys, code: "KeyA", shiftKey: true })).toBeUndefined();
});

it("erases everything only when that is confirmed", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  await user.click(screen.getByRole("button", { name: "Erase All…" }));
  await user.click(await screen.findByRole("button", { name: "Cancel" }));
  expect(server.asked).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Erase All…" }));
  expect(await violations()).toEqual([]);
  await user.click(await screen.findByRole("button", { name: "Erase Everything" }));
  await waitFor(() => expect(server.asked).toEqual(["erase"]));
  expect(await screen.findByText("Everything was erased.")).toBeTruthy();
});

it("says where everything was exported to, and what is private", async () => {
  const { user } = await open(new FakeApi());
  await user.click(screen.getByRole("button", { name: "Export All" }));
  expect(await screen.findByText("/data/me/Downloads/Sightglass.zip")).toBeTruthy();
  await user.click(screen.getByRole("link", { name: "Read" }));
  expect(await screen.findByRole("heading", { name: "Privacy" })).toBeTruthy();
  expect(await violations()).toEqual([]);
});

it("tells models how to answer, in one's own words, too", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  expect(screen.queryByRole("textbox", { name: "How should answers be?" })).toBeNull();
  await user.selectOptions(screen.getByRole("combobox", { name: "Style" }), "In my own words");
  const words = await screen.findByRole("textbox", { name: "How should answers be?" });
  await user.type(words, " In Welsh. ");
  expect(server.asked).toEqual([{ style: "own" }]);
  await user.tab();
  await waitFor(() => expect(server.asked.at(-1)).toEqual({ style_words: "In Welsh." }));
  expect(await violations()).toEqual([]);
});

it("opens at login and notifies only where that was chosen", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  await user.click(screen.getByRole("switch", { name: "Open at login" }));
  await user.selectOptions(screen.getByRole("combobox", { name: "Notifications" }), "That it is ready");
  await waitFor(() => expect(server.asked).toEqual([{ at_login: true }, { notify: "plain" }]));
});

it("has no settings of the desktop in a browser", async () => {
  const server = new FakeApi();
  server.settings = { ...server.settings, native: false };
  await open(server);
  expect(screen.queryByRole("switch", { name: "Open at login" })).toBeNull();
  expect(screen.queryByRole("combobox", { name: "Notifications" })).toBeNull();
});

it("looks for a newer version when asked to", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  expect(screen.getByText("Looks for a newer version only when you ask.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Check for Updates" }));
  expect(await screen.findByText("This is the newest version.")).toBeTruthy();
  server.update = { version: "0.1.0", latest: "0.2.0", newer: true, page: "https://example.org/new" };
  await user.click(screen.getByRole("button", { name: "Check for Updates" }));
  expect(await screen.findByRole("link", { name: "See what is new" })).toBeTruthy();
  server.update = { ...server.update, page: "javascript:alert(1)" };
  await user.click(screen.getByRole("button", { name: "Check for Updates" }));
  await waitFor(() => expect(screen.queryByRole("link", { name: "See what is new" })).toBeNull());
});
