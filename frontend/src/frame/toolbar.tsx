import type { ReactNode } from "react";
import { useChat, useCurrentChat } from "@/screens/chats/use-chats";
import { ModelBadge } from "./model-badge";

/** Toolbar names the chat and the model, and moves the window. */
export function Toolbar({ children }: { children: ReactNode }) {
  const chat = useCurrentChat();
  const detail = useChat(chat);
  return (
    <header className="moves-window window-buttons flex h-12 shrink-0 items-center gap-1 border-b border-line px-3">
      {children}
      <h1 className="min-w-0 grow truncate px-1 font-semibold">
        {chat ? detail.data?.title || "New chat" : "New chat"}
      </h1>
      <ModelBadge />
    </header>
  );
}
