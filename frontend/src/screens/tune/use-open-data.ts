import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sayProblem } from "@/components/say-problem";
import { api } from "@/lib/api";
import { tuneDataKey } from "@/lib/keys";
import type { OpenData } from "@/lib/types";
import type { Dropped } from "./use-folder-drop";

const taken = /\.(png|jpe?g|webp|gif|bmp|tiff?|txt|csv|jsonl?|parquet)$/i;

/** useOpenData opens data to learn from, and says how far files on their way have come. */
export function useOpenData() {
  const cache = useQueryClient();
  const [progress, setProgress] = useState("");
  const open = useMutation({
    mutationFn: async (from: OpenData | Dropped[]) => api.openTuneData(Array.isArray(from) ? await send(from, setProgress) : from),
    onSuccess: (data) => cache.setQueryData(tuneDataKey, data),
    onError: sayProblem,
    onSettled: () => setProgress(""),
  });
  return { open: open.mutate, opening: open.isPending, progress };
}

async function send(files: Dropped[], say: (progress: string) => void): Promise<OpenData> {
  const upload = crypto.randomUUID();
  const useful = files.filter(({ path }) => taken.test(path) && !path.split("/").some((part) => part.startsWith(".")));
  for (const [i, { path, file }] of useful.entries()) {
    say(`Taking file ${i + 1} of ${useful.length}`);
    await api.tuneUpload(upload, path, new Uint8Array(await file.arrayBuffer()));
  }
  return { upload };
}
