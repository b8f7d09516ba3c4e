import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { violations } from "@/test/axe";
import { chatOf, FakeApi } from "@/test/fake-api";
import { openWindow } from "@/test/window";

it("tells what happened at the start until it is read", async () => {
  const server = new FakeApi(chatOf("c1", "Network settings"));
  server.notice = { code: "set_aside", sentence: "Your chats could not be read.", action: "They are kept as sightglass.db.damaged-1." };
  const { user } = await openWindow(server);
  const note = await screen.findByRole("alert");
  expect(note.textContent).toContain("Your chats could not be read. They are kept as sightglass.db.damaged-1.");
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "OK" }));
  expect(screen.queryByRole("alert")).toBeNull();
});
