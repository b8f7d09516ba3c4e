import { useEffect, useEffectEvent, useState } from "react";

/** useFileDrop takes files dropped anywhere on the window or pasted, and tells whether some hang over it. */
export function useFileDrop(onFiles: (files: File[]) => void): boolean {
  const [over, setOver] = useState(false);
  const take = useEffectEvent((files: File[]) => files.length > 0 && onFiles(files));

  useEffect(() => {
    // Each child that the pointer crosses enters before the last one leaves.
    let depth = 0;
    const settle = (to: number) => {
      depth = Math.max(0, to);
      setOver(depth > 0);
    };
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      settle(depth + 1);
    };
    const hover = (event: DragEvent) => {
      if (!carriesFiles(event) || !event.dataTransfer) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    };
    const leave = () => settle(depth - 1);
    const drop = (event: DragEvent) => {
      // Without this the window would leave the page for the file.
      event.preventDefault();
      settle(0);
      take([...(event.dataTransfer?.files ?? [])]);
    };
    const paste = (event: ClipboardEvent) => {
      const files = filesOf(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      take(files);
    };
    const listen = new AbortController();
    const { signal } = listen;
    window.addEventListener("dragenter", enter, { signal });
    window.addEventListener("dragover", hover, { signal });
    window.addEventListener("dragleave", leave, { signal });
    window.addEventListener("drop", drop, { signal });
    window.addEventListener("paste", paste, { signal });
    return () => listen.abort();
  }, []);
  return over;
}

// Copied text of some apps comes with a picture of itself: where there is text, the text is meant.
function filesOf(data: DataTransfer | null): File[] {
  if (!data || data.types.includes("text/plain")) return [];
  if (data.files.length > 0) return [...data.files];
  return [...data.items].flatMap((item) => item.getAsFile() ?? []);
}
