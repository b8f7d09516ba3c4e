import { useLocation } from "@tanstack/react-router";
import { clsx } from "clsx";
import type { ReactNode } from "react";
import { useChat, useChats, useCurrentChat } from "@/screens/chats/use-chats";
import { AdapterPicker } from "./adapter-picker";
import { ModelBadge } from "./model-badge";

/** The screens that have a name of their own, by the first part of their place. */
const titles: Record<string, string> = { tune: "Fine-tune", models: "Models", settings: "Settings" };

/** Toolbar names the chat, or the screen, and the model, and moves the window. */
export function Toolbar({ children }: { children: ReactNode }) {
  const chat = useCurrentChat();
  const detail = useChat(chat);
  const screen = useLocation({ select: ({ pathname }) => titles[pathname.split("/")[1] ?? ""] });
  // The list hears of a first question's title before the conversation, which is being written.
  const listed = useChats("").data?.find((c) => c.id === chat);
  return (
    <header
      className={clsx("moves-window flex h-12 shrink-0 items-center gap-1 border-b border-line px-3", children && "beside-window-buttons")}
    >
      {children}
      <h1 className="min-w-0 grow truncate px-1 font-semibold">
        {screen ?? (listed?.title || detail.data?.title || "New chat")}
      </h1>
      {detail.data && <AdapterPicker chat={detail.data} />}
      <ModelBadge />
    </header>
  );
}
