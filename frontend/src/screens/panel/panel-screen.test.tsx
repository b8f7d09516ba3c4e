import { screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";
import { violations } from "@/test/axe";
import { FakeApi, picture } from "@/test/fake-api";
import { openWindow } from "@/test/window";

it("asks about the picture, then on about the same one", async () => {
  const server = new FakeApi();
  const { user } = await openWindow(server, "/panel/1");
  const field = await screen.findByRole("textbox", { name: "Question" });
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(await violations()).toEqual([]);
  await user.keyboard("What is it?{Enter}");
  expect(await screen.findByText("Apply")).toBeTruthy();
  await user.keyboard("And now?{Enter}");
  await waitFor(() => expect(server.asked).toHaveLength(2));
  expect(server.asked).toEqual([
    { text: "What is it?", pictures: [picture.id] },
    { text: "And now?", pictures: [] },
  ]);
});

it("asks a question that it suggests with one click", async () => {
  const server = new FakeApi();
  const { user } = await openWindow(server, "/panel/1");
  await user.click(await screen.findByRole("button", { name: "What does this say?" }));
  expect(await screen.findByText("Apply")).toBeTruthy();
});

it("becomes the chat in the whole window", async () => {
  const server = new FakeApi();
  const { user } = await openWindow(server, "/panel/1");
  await user.click(await screen.findByRole("button", { name: "What does this say?" }));
  await screen.findByText("Apply");
  await user.click(screen.getByRole("button", { name: "Open as chat" }));
  expect(server.asked).toContainEqual({ step: "open" });
  await waitFor(() => expect(window.location.hash).toBe("#/chats/c1"));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Open as chat" })).toBeNull());
  expect(screen.getByText("Apply")).toBeTruthy();
});

it("closes on Esc", async () => {
  const server = new FakeApi();
  const { user } = await openWindow(server, "/panel/1");
  await screen.findByRole("textbox", { name: "Question" });
  await user.keyboard("{Escape}");
  await waitFor(() => expect(server.asked).toEqual([{ step: "close" }]));
});

it("says what stands in the way, with its buttons", async () => {
  const server = new FakeApi();
  server.panel = {
    shot: 1,
    questions: [],
    problem: { code: "panel", sentence: "Sightglass may not look at the screen." },
    steps: [{ do: "settings", label: "Open Settings" }],
  };
  const { user } = await openWindow(server, "/panel/1");
  expect((await screen.findByRole("alert")).textContent).toContain("Sightglass may not look at the screen.");
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Open Settings" }));
  expect(server.asked).toEqual([{ step: "settings" }]);
});
