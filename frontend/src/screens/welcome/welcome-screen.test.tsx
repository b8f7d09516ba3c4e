import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { violations } from "@/test/axe";
import { FakeApi } from "@/test/fake-api";
import { openWindow } from "@/test/window";

const first = (fields: Partial<FakeApi["settings"]> = {}) => {
  const server = new FakeApi();
  server.settings = { ...server.settings, welcomed: false, ...fields };
  return server;
};
const step = (name: string) => screen.findByRole("heading", { name });

it("leads through three steps to a new chat, once", async () => {
  const server = first();
  const { user, unmount } = await openWindow(server);
  await step("Ask about what you see");
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Continue" }));
  const heading = await step("One shortcut from anywhere");
  expect(document.activeElement).toBe(heading);
  expect(screen.getByRole("button", { name: "Shortcut: Ctrl+Shift+Space" })).toBeTruthy();
  expect(screen.getByRole("img", { name: "Allowed" })).toBeTruthy();
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Continue" }));
  await step("Try it");
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Back" }));
  await step("One shortcut from anywhere");
  await user.click(screen.getByRole("button", { name: "Continue" }));
  await user.click(screen.getByRole("button", { name: "Start" }));
  await step("Ask about a picture");
  expect(server.asked).toEqual([{ welcomed: true }]);
  unmount();
  await openWindow(server);
  await step("Ask about a picture");
});

it.each(["button", "Esc"])("is skipped by %s", async (by) => {
  const server = first();
  const { user } = await openWindow(server);
  await step("Ask about what you see");
  if (by === "Esc") await user.keyboard("{Escape}");
  else await user.click(screen.getByRole("button", { name: "Skip" }));
  await step("Ask about a picture");
  expect(server.asked).toEqual([{ welcomed: true }]);
});

it("answers about the sample picture in a chat", async () => {
  const server = first();
  const { user } = await openWindow(server);
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  await user.click(screen.getByRole("button", { name: "Continue" }));
  await user.click(await screen.findByRole("button", { name: "Which button is the default?" }));
  expect(await screen.findByText("Apply")).toBeTruthy();
  await waitFor(() => expect(server.settings.welcomed).toBe(true));
  expect(window.location.hash).toBe("#/chats/c1");
});

it("says what stands in the way of looking at the screen, with the next step", async () => {
  const server = first({ access: { sentence: "Sightglass must be allowed to look.", steps: [{ do: "allow", label: "Allow…" }] } });
  const { user } = await openWindow(server);
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  expect(screen.getByText("Sightglass must be allowed to look.")).toBeTruthy();
  server.settings = { ...server.settings, access: { sentence: "Quit and reopen it.", steps: [{ do: "relaunch", label: "Quit and Reopen" }] } };
  await user.click(screen.getByRole("button", { name: "Allow…" }));
  expect(await screen.findByRole("button", { name: "Quit and Reopen" })).toBeTruthy();
  expect(server.asked).toEqual([{ step: "allow" }]);
});

it("needs no shortcut in a browser", async () => {
  const { user } = await openWindow(first({ native: false, shortcut: undefined }));
  await user.click(await screen.findByRole("button", { name: "Continue" }));
  await step("Drop, paste or choose");
  expect(screen.queryByRole("button", { name: /Shortcut/ })).toBeNull();
});
