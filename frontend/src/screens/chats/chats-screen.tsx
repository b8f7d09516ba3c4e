import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type RefObject, useRef, useState } from "react";
import { ProblemNote } from "@/components/problem-note";
import { problemOf } from "@/lib/api";
import { groupByDate } from "@/lib/dates";
import type { Chat } from "@/lib/types";
import { ChatRow } from "./chat-row";
import { SearchField } from "./search-field";
import { useChatCommands, useChats, useCurrentChat } from "./use-chats";

interface ChatsScreenProps {
  searchField: RefObject<HTMLInputElement | null>;
  /** Called when the person has chosen a chat. */
  onChosen: () => void;
}

/** ChatsScreen is the list of chats with its search. Arrow keys walk the list, Enter opens. */
export function ChatsScreen({ searchField, onChosen }: ChatsScreenProps) {
  const [words, setWords] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const chats = useChats(words);
  const current = useCurrentChat();
  const navigate = useNavigate();
  const commands = useChatCommands();
  const found = chats.data ?? [];
  const groups = words.trim() ? [{ heading: "Found", items: found }] : groupByDate(found);
  const reachable = found.some((chat) => chat.id === current) ? current : found[0]?.id;

  const open = (chat: Chat) => {
    void navigate({ to: "/chats/$chat", params: { chat: chat.id } }).then(onChosen);
  };
  const rows = () => [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const remove = (chat: Chat) => {
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLElement);
    (all[at + 1] ?? all[at - 1] ?? searchField.current)?.focus();
    commands.remove(chat);
  };

  const walk = (event: KeyboardEvent) => {
    const all = rows();
    const at = all.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    (next < 0 ? searchField.current : all[next])?.focus();
  };
  const searchKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") rows()[0]?.focus();
    else if (event.key === "Enter" && words && found[0]) open(found[0]);
    else if (event.key === "Escape" && words) setWords("");
    else if (event.key === "Escape") searchField.current?.blur();
    else return;
    event.preventDefault();
  };

  return (
    <>
      <SearchField ref={searchField} words={words} onWords={setWords} onKeyDown={searchKey} />
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions */}
      <div ref={list} onKeyDown={walk} className="min-h-0 grow overflow-y-auto px-2.5 pb-3">
        {chats.isError && <ProblemNote problem={problemOf(chats.error)} />}
        {groups.map(
          ({ heading, items }) =>
            items.length > 0 && (
              <section key={heading} aria-label={heading}>
                <h2 className="px-2.5 pt-3 pb-1 text-small font-semibold text-quiet">{heading}</h2>
                <ul className="space-y-px">
                  {items.map((chat) => (
                    <ChatRow
                      key={chat.id}
                      chat={chat}
                      words={words.trim()}
                      current={chat.id === current}
                      reachable={chat.id === reachable}
                      onOpen={() => open(chat)}
                      onRename={(title) => commands.rename(chat, title)}
                      onRemove={() => remove(chat)}
                    />
                  ))}
                </ul>
              </section>
            ),
        )}
        <p role="status" className="px-2.5 pt-3 text-quiet">
          {chats.isSuccess && found.length === 0 && (words.trim() ? `Nothing found for “${words.trim()}”.` : "No chats yet.")}
        </p>
      </div>
    </>
  );
}
