import { Search, X } from "lucide-react";
import type { KeyboardEvent, Ref } from "react";
import { keys } from "@/lib/shortcuts";

interface SearchFieldProps {
  ref: Ref<HTMLInputElement>;
  words: string;
  onWords: (words: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** SearchField searches titles and messages. */
export function SearchField({ ref, words, onWords, onKeyDown }: SearchFieldProps) {
  return (
    <div className="relative mx-2.5 mb-1">
      <Search className="pointer-events-none absolute top-1.5 left-2 size-4 text-quiet" aria-hidden />
      <input
        ref={ref}
        type="search"
        aria-label="Search chats"
        placeholder="Search"
        value={words}
        spellCheck={false}
        onChange={(event) => onWords(event.target.value)}
        onKeyDown={onKeyDown}
        className="selectable h-7 w-full appearance-none rounded-md bg-fill px-7 [&::-webkit-search-cancel-button]:hidden"
      />
      {words ? (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => onWords("")}
          className="absolute top-1 right-1 flex size-5 items-center justify-center rounded text-quiet hover:text-ink"
        >
          <X className="size-3.5" />
        </button>
      ) : (
        <kbd className="pointer-events-none absolute top-1.5 right-2 font-sans text-small text-quiet">{keys("K")}</kbd>
      )}
    </div>
  );
}
