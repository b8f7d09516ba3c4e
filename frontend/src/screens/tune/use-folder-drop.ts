import { useEffect, useEffectEvent, useState } from "react";

/** Dropped is a file and where it lies in what was dropped. */
export interface Dropped {
  path: string;
  file: File;
}

/** useFolderDrop takes files and whole folders dropped anywhere on the window, and tells whether some hang over it. */
export function useFolderDrop(onFiles: (files: Dropped[]) => void): boolean {
  const [over, setOver] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => {
    const listen = new AbortController();
    const { signal } = listen;
    let depth = 0;
    const settle = (to: number) => {
      depth = Math.max(0, to);
      setOver(depth > 0);
    };
    const carries = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    window.addEventListener("dragenter", (event) => carries(event) && (event.preventDefault(), settle(depth + 1)), { signal });
    window.addEventListener("dragover", (event) => carries(event) && event.preventDefault(), { signal });
    window.addEventListener("dragleave", () => settle(depth - 1), { signal });
    window.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        settle(0);
        void dropped(event.dataTransfer).then((files) => files.length > 0 && take(files));
      },
      { signal },
    );
    return () => listen.abort();
  }, []);
  return over;
}

async function dropped(data: DataTransfer | null): Promise<Dropped[]> {
  const items = [...(data?.items ?? [])];
  // All at once: the list is empty once the event is over.
  const entries = items.map((item) => item.webkitGetAsEntry?.() ?? null);
  const files = items.map((item) => item.getAsFile());
  const found: Dropped[] = [];
  for (const [i, entry] of entries.entries()) {
    const file = files[i];
    if (entry) await walk(entry, found);
    else if (file) found.push({ path: file.name, file });
  }
  return found;
}

async function walk(entry: FileSystemEntry, found: Dropped[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\/+/, ""), file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await walk(inner, found);
  }
}
