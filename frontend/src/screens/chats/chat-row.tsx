import { clsx } from "clsx";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { Marked } from "@/components/marked";
import { ButtonMenu, type Command, RightClickMenu } from "@/components/menu";
import type { Chat } from "@/lib/types";
import { TitleField } from "./title-field";

interface ChatRowProps {
  chat: Chat;
  words: string;
  current: boolean;
  /** The one row that the Tab key reaches. */
  reachable: boolean;
  onOpen: () => void;
  onRename: (title: string) => void;
  onRemove: () => void;
}

/** ChatRow is one chat of the list. F2 renames it and Delete deletes it. */
export function ChatRow({ chat, words, current, reachable, onOpen, onRename, onRemove }: ChatRowProps) {
  const [renaming, setRenaming] = useState(false);
  const returning = useRef(false);
  const title = chat.title || "New chat";
  const commands: Command[] = [
    { label: "Rename", icon: <Pencil />, shortcut: "F2", run: () => setRenaming(true) },
    { label: "Delete", icon: <Trash2 />, shortcut: "⌫", danger: true, run: onRemove },
  ];

  if (renaming) {
    return (
      <li>
        <TitleField
          title={title}
          onDone={(changed, byKey) => {
            returning.current = byKey;
            setRenaming(false);
            if (changed) onRename(changed);
          }}
        />
      </li>
    );
  }
  return (
    <li className="group relative">
      <RightClickMenu commands={commands}>
        <button
          type="button"
          ref={(row) => {
            // The row comes back with the focus that its title field had.
            if (row && returning.current) row.focus();
            returning.current = false;
          }}
          data-row
          tabIndex={reachable ? 0 : -1}
          aria-current={current ? "page" : undefined}
          onClick={onOpen}
          onKeyDown={(event) => {
            if (event.key === "F2") setRenaming(true);
            if (event.key === "Delete" || event.key === "Backspace") onRemove();
          }}
          className={clsx(
            "flex w-full flex-col rounded-md px-2.5 py-1.5 text-left outline-offset-[-2px]",
            current ? "bg-fill-strong" : "hover:bg-fill",
          )}
        >
          <span className="w-full truncate group-focus-within:pr-5 group-hover:pr-5">
            <Marked text={title} words={words} />
          </span>
          {words && chat.snippet && (
            <span className="line-clamp-2 text-small text-quiet">
              <Marked text={chat.snippet.replace(/[*`#|]+/g, "")} words={words} />
            </span>
          )}
        </button>
      </RightClickMenu>
      <ButtonMenu commands={commands}>
        <button
          type="button"
          tabIndex={-1}
          aria-label={`Commands for ${title}`}
          className="absolute top-1 right-1 flex size-6 items-center justify-center rounded-md text-quiet opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 hover:text-ink aria-expanded:opacity-100"
        >
          <Ellipsis className="size-4" />
        </button>
      </ButtonMenu>
    </li>
  );
}
