import { useEffect, useEffectEvent } from "react";

/** onMac tells whether the command key, rather than control, gives orders here. */
export const onMac = /Mac/.test(navigator.userAgent);

/** keys names a shortcut as this system writes it: keys("N") is "⌘N" or "Ctrl+N". */
export const keys = (key: string) => (onMac ? `⌘${key}` : `Ctrl+${key}`);

/** useShortcut runs an action on command (or control) and a key, wherever the focus is. */
export function useShortcut(key: string, action: () => void) {
  const run = useEffectEvent(action);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const order = onMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!order || event.altKey || event.shiftKey || event.key.toLowerCase() !== key) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [key]);
}

/** useEscape runs an action on Esc that nothing else (a menu, a dialog, a field) has taken. */
export function useEscape(active: boolean, action: () => void) {
  const run = useEffectEvent(action);
  useEffect(() => {
    if (!active) return;
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) run();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [active]);
}
