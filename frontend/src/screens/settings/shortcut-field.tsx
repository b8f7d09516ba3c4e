import { useState } from "react";
import { Button } from "@/components/button";
import { onMac } from "@/lib/shortcuts";
import { Row } from "./rows";

/** shortcutOf names the keys that are pressed as the app does, and is undefined for those that are no shortcut. */
export function shortcutOf(event: Pick<KeyboardEvent, "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey">): string | undefined {
  const key = /^(?:Key([A-Z])|Digit(\d)|(F(?:[1-9]|1[0-2]))|(Space))$/.exec(event.code)?.slice(1).find(Boolean);
  if (!key || !(event.ctrlKey || event.altKey || event.metaKey)) return undefined;
  const held = [event.ctrlKey && "Ctrl", event.altKey && "Alt", event.shiftKey && "Shift", event.metaKey && "Super"];
  return [...held.filter(Boolean), key].join("+");
}

const signs: Record<string, string> = { Ctrl: "⌃", Alt: "⌥", Shift: "⇧", Super: "⌘" };

/** named writes a shortcut as this system does: "⌃⇧Space" or "Ctrl+Shift+Space". */
export const named = (shortcut: string) =>
  onMac ? shortcut.split("+").map((part) => signs[part] ?? part).join("") : shortcut;

/** ShortcutField shows the global shortcut and records another one. */
export function ShortcutField({ shortcut, onChange }: { shortcut: string; onChange: (to: string) => void }) {
  const [recording, setRecording] = useState(false);
  return (
    <Row label="Ask about a selection" hint="Works wherever you are. Press the new keys while they are recorded; Esc keeps the old ones.">
      <Button
        aria-label={recording ? "Press the new shortcut" : `Shortcut: ${shortcut ? named(shortcut) : "none"}`}
        aria-pressed={recording}
        className="min-w-36 font-normal! aria-pressed:ring-2 aria-pressed:ring-accent"
        onClick={() => setRecording(true)}
        onBlur={() => setRecording(false)}
        onKeyDown={(event) => {
          if (!recording) return;
          event.preventDefault();
          event.stopPropagation();
          const chosen = shortcutOf(event.nativeEvent);
          if (chosen) onChange(chosen);
          if (chosen || event.key === "Escape") setRecording(false);
        }}
      >
        {recording ? "Press keys…" : shortcut ? named(shortcut) : "None"}
      </Button>
      <Button look="plain" disabled={!shortcut} onClick={() => onChange("")}>
        Remove
      </Button>
    </Row>
  );
}
