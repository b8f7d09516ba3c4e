import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { App } from "@/app";
import { api } from "@/lib/api";
import type { FakeApi } from "./fake-api";

/** openWindow renders the whole page before a fake server, at a place such as "/chats/c1", and waits for its window to be there. */
export async function openWindow(server: FakeApi, place = "/") {
  for (const [name, call] of Object.entries(server.calls)) {
    vi.spyOn(api as unknown as Record<string, () => unknown>, name).mockImplementation(call as never);
  }
  window.location.hash = `#${place}`;
  const user = userEvent.setup();
  const page = render(<App />);
  await screen.findByRole("main");
  return { user, ...page };
}
