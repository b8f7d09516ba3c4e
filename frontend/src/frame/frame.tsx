import { Outlet, useNavigate } from "@tanstack/react-router";
import { PanelLeft, SquarePen } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { IconButton } from "@/components/icon-button";
import { keys, useShortcut } from "@/lib/shortcuts";
import { ChatsScreen } from "@/screens/chats/chats-screen";
import { focusQuestion } from "@/screens/chat/focus-question";
import { useDesk } from "./use-desk";
import { StartNotice } from "./start-notice";
import { Toolbar } from "./toolbar";
import { ScreenLinks } from "./screen-links";
import { useNarrow } from "./use-narrow";

/** Frame is the window: the list of chats beside the screen that is shown. */
export function Frame() {
  const narrow = useNarrow();
  const [docked, setDocked] = useState(true);
  const [drawn, setDrawn] = useState(false);
  const searchField = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  useDesk();

  const newChat = () => {
    setDrawn(false);
    void navigate({ to: "/" }).then(focusQuestion);
  };
  const chosen = () => {
    setDrawn(false);
    focusQuestion();
  };
  const toggle = () => (narrow ? setDrawn(!drawn) : setDocked(!docked));
  const search = () => {
    // At once, so that no letter typed after the shortcut is lost.
    flushSync(() => (narrow ? setDrawn(true) : setDocked(true)));
    searchField.current?.focus();
    searchField.current?.select();
  };
  useShortcut("n", newChat);
  useShortcut("k", search);
  useShortcut("\\", toggle);

  const buttons = (
    <>
      <IconButton label="Chats" shortcut={keys("\\")} onClick={toggle} aria-expanded={narrow ? drawn : docked}>
        <PanelLeft />
      </IconButton>
      <IconButton label="New chat" shortcut={keys("N")} onClick={newChat}>
        <SquarePen />
      </IconButton>
    </>
  );
  const sidebar = (
    <Sidebar buttons={buttons} onChosen={() => setDrawn(false)}>
      <ChatsScreen searchField={searchField} onChosen={chosen} />
    </Sidebar>
  );

  return (
    <div className="flex h-full">
      {!narrow && docked && <aside className="w-64 shrink-0 border-r border-line">{sidebar}</aside>}
      {narrow && (
        <Dialog.Root open={drawn} onOpenChange={setDrawn}>
          <Dialog.Portal>
            <Dialog.Overlay className="appear fixed inset-0 z-30 bg-black/25" />
            <Dialog.Content
              aria-describedby={undefined}
              onCloseAutoFocus={(event) => {
                event.preventDefault();
                focusQuestion();
              }}
              className="appear fixed inset-y-0 left-0 z-40 w-72 shadow-float"
            >
              <Dialog.Title className="sr-only">Chats</Dialog.Title>
              {sidebar}
            </Dialog.Content>
          </Dialog.Portal>
        </Dialog.Root>
      )}
      <div className="flex min-w-0 grow flex-col">
        <Toolbar>{(narrow || !docked) && buttons}</Toolbar>
        <StartNotice />
        <Outlet />
      </div>
    </div>
  );
}

function Sidebar({ buttons, onChosen, children }: { buttons: ReactNode; onChosen: () => void; children: ReactNode }) {
  return (
    <nav aria-label="Chats" className="flex h-full flex-col" style={{ background: "var(--sidebar)" }}>
      <div className="moves-window beside-window-buttons flex h-12 shrink-0 items-center justify-between px-2.5">{buttons}</div>
      {children}
      <ScreenLinks onChosen={onChosen} />
    </nav>
  );
}
