import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { violations } from "@/test/axe";
import { chatOf, FakeApi } from "@/test/fake-api";
import { openWindow } from "@/test/window";

const two = () => new FakeApi(chatOf("c1", "Network settings"), { ...chatOf("c2", "A chart"), snippet: "bars of the chart" });
const list = () => screen.getByRole("navigation", { name: "Chats" });
const titles = () =>
  within(list())
    .queryAllByRole("listitem")
    .map((row) => within(row).getAllByRole("button")[0]?.textContent);

afterEach(() => vi.restoreAllMocks());

describe("ChatsScreen", () => {
  it("lists chats and opens one", async () => {
    const { user } = await openWindow(two());
    await user.click(await within(list()).findByRole("button", { name: "A chart" }));
    expect(window.location.hash).toBe("#/chats/c2");
    expect(screen.getByRole("button", { name: "A chart", current: "page" })).toBeTruthy();
    expect(await violations()).toEqual([]);
  });

  it("searches, marks what it found, and opens the first with Enter", async () => {
    const { user } = await openWindow(two());
    await user.keyboard("{Control>}k{/Control}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByRole("searchbox")));
    await user.keyboard("chart");
    await waitFor(() => expect(titles()).toEqual(["A chartbars of the chart"]));
    expect([...list().querySelectorAll("mark")].map((m) => m.textContent)).toEqual(["chart", "chart"]);
    await user.keyboard("{Enter}");
    expect(window.location.hash).toBe("#/chats/c2");
    await user.clear(screen.getByRole("searchbox"));
    await user.type(screen.getByRole("searchbox"), "nowhere");
    expect(await screen.findByText("Nothing found for “nowhere”.")).toBeTruthy();
  });

  it("walks with the arrow keys, renames with F2, and drops the change with Esc", async () => {
    const server = two();
    const { user } = await openWindow(server);
    (await within(list()).findByRole("button", { name: "Network settings" })).focus();
    await user.keyboard("{ArrowDown}");
    expect(document.activeElement?.textContent).toContain("A chart");
    await user.keyboard("{F2}");
    const field = await screen.findByRole<HTMLInputElement>("textbox", { name: "Title of the chat" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    await user.keyboard("Bars{Enter}");
    await waitFor(() => expect(titles()).toEqual(["Network settings", "Bars"]));
    expect(server.chats.get("c2")?.title).toBe("Bars");
    within(list()).getByRole("button", { name: "Network settings" }).focus();
    await user.keyboard("{F2}");
    await waitFor(() => expect(document.activeElement?.tagName).toBe("INPUT"));
    await user.keyboard("x{Escape}");
    expect(titles()).toEqual(["Network settings", "Bars"]);
  });

  it("deletes the chat that is shown, and brings it back where it was", async () => {
    const server = two();
    const { user } = await openWindow(server, "/chats/c1");
    (await within(list()).findByRole("button", { name: "Network settings" })).focus();
    await user.keyboard("{Delete}");
    await waitFor(() => expect(window.location.hash).toBe("#/"));
    expect(titles()).toEqual(["A chart"]);
    expect(document.activeElement?.textContent).toContain("A chart");
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    await waitFor(() => expect(window.location.hash).toBe("#/chats/c1"));
    expect(titles()).toContain("Network settings");
  });

  it("begins a new chat with the keyboard", async () => {
    const { user } = await openWindow(two(), "/chats/c1");
    await user.keyboard("{Control>}n{/Control}");
    await waitFor(() => expect(window.location.hash).toBe("#/"));
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Question" }));
  });
});
