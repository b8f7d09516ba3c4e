import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Box, ChevronDown, FolderOutput, MessageSquare } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { ButtonMenu } from "@/components/menu";
import { ProblemNote } from "@/components/problem-note";
import { sayProblem } from "@/components/say-problem";
import { api, problemOf } from "@/lib/api";
import { chatsKey, runKey, tuningKey } from "@/lib/keys";
import { focusQuestion } from "@/screens/chat/focus-question";
import { type ExportFormat, ExportMLX, ExportModel, ExportPEFT, type TuneRun } from "@/lib/types";
import { Heading } from "./steps";

const formats: { format: ExportFormat; label: string; icon: typeof Box }[] = [
  { format: ExportPEFT, label: "Adapter for PEFT", icon: FolderOutput },
  { format: ExportMLX, label: "Adapter for mlx-vlm", icon: FolderOutput },
  { format: ExportModel, label: "Whole model with it", icon: Box },
];

/** Keep is step 5: a name, and where what was learnt is used. */
export function Keep({ run }: { run: TuneRun }) {
  const [name, setName] = useState(run.name);
  const [note, setNote] = useState(run.note ?? "");
  const cache = useQueryClient();
  const navigate = useNavigate();
  const changed = name.trim() !== run.name || note.trim() !== (run.note ?? "");
  const keep = useMutation({
    mutationFn: async () => (changed ? api.keepRun(run.name, { name: name.trim(), note: note.trim() }) : run),
    onSuccess: async (kept) => {
      cache.setQueryData(runKey(kept.name), kept);
      void cache.invalidateQueries({ queryKey: tuningKey });
      await navigate({ to: "/tune/runs/$run/keep", params: { run: kept.name }, replace: true });
    },
  });
  const chat = useMutation({
    mutationFn: async () => {
      const kept = await keep.mutateAsync();
      const { id } = await api.createChat();
      return api.chooseAdapter(id, kept.name);
    },
    onSuccess: async ({ id }) => {
      void cache.invalidateQueries({ queryKey: chatsKey });
      await navigate({ to: "/chats/$chat", params: { chat: id } });
      focusQuestion();
    },
    onError: (error) => !keep.isError && sayProblem(error),
  });
  const save = useMutation({
    mutationFn: async (format: ExportFormat) => {
      const kept = await keep.mutateAsync();
      return api.exportRun(kept.name, format);
    },
    onSuccess: ({ path }) => toast.success("Exported", { description: path }),
    onError: (error) => !keep.isError && sayProblem(error),
  });
  const pending = keep.isPending || chat.isPending || save.isPending;
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate();
      }}
    >
      <Heading title="Keep what it learnt">
        The adapter is kept on this machine, {(run.bytes / 1e6).toFixed(1)} MB. Chats can be answered with it or without.
      </Heading>
      <label className="flex max-w-md flex-col gap-1">
        <span className="font-medium">Name</span>
        <input value={name} maxLength={100} onChange={(e) => setName(e.target.value)} className="selectable h-7 rounded-md bg-fill px-2.5" />
      </label>
      <label className="flex max-w-md flex-col gap-1">
        <span className="font-medium">Note</span>
        <textarea
          value={note}
          rows={3}
          maxLength={500}
          onChange={(e) => setNote(e.target.value)}
          className="selectable resize-none rounded-md bg-fill px-2.5 py-1.5"
        />
      </label>
      {keep.isError && <ProblemNote problem={problemOf(keep.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button look="accent" disabled={pending || !run.fits || !name.trim()} onClick={() => chat.mutate()}>
          <MessageSquare className="size-3.5" />
          Use in a chat
        </Button>
        <Button type="submit" disabled={pending || !changed || !name.trim()}>
          Save
        </Button>
        <ButtonMenu
          commands={formats.map(({ format, label, icon: Icon }) => ({ label, icon: <Icon />, run: () => save.mutate(format) }))}
        >
          <Button disabled={pending || !run.fits || !name.trim()}>
            {save.isPending ? "Exporting" : "Export"}
            <ChevronDown className="size-3.5" />
          </Button>
        </ButtonMenu>
      </div>
    </form>
  );
}
