import { useSyncExternalStore } from "react";

const query = "(max-width: 679px)";

/** useNarrow tells whether the window is too narrow for the list beside the conversation. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const narrow = window.matchMedia(query);
      narrow.addEventListener("change", changed);
      return () => narrow.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}
