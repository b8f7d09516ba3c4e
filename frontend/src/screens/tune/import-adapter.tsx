import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { api, problemOf } from "@/lib/api";
import { tuningKey } from "@/lib/keys";

/** ImportAdapter takes an adapter that another program made for the model that is open. */
export function ImportAdapter({ onCancel }: { onCancel: () => void }) {
  const [path, setPath] = useState("");
  const [name, setName] = useState("");
  const cache = useQueryClient();
  const navigate = useNavigate();
  const take = useMutation({
    mutationFn: () => api.importAdapter({ path: path.trim(), name: name.trim() || lastPart(path) }),
    onSuccess: async (run) => {
      void cache.invalidateQueries({ queryKey: tuningKey });
      await navigate({ to: "/tune/runs/$run/keep", params: { run: run.name } });
    },
  });
  const field = "selectable h-7 rounded-md bg-page px-2.5";
  return (
    <form
      aria-label="Import an adapter"
      className="flex w-full flex-col gap-3 rounded-lg bg-fill p-4 text-left"
      onSubmit={(event) => {
        event.preventDefault();
        take.mutate();
      }}
    >
      <p className="text-quiet">A folder with adapter_config.json that PEFT or mlx-vlm wrote for this model.</p>
      <div className="flex flex-wrap gap-3">
        <label className="flex min-w-56 grow-[2] flex-col gap-1">
          <span className="font-medium">Folder</span>
          <input autoFocus value={path} placeholder="/path/to/the/folder" onChange={(e) => setPath(e.target.value)} className={field} />
        </label>
        <label className="flex min-w-40 grow flex-col gap-1">
          <span className="font-medium">Name</span>
          <input value={name} maxLength={100} placeholder={lastPart(path)} onChange={(e) => setName(e.target.value)} className={field} />
        </label>
      </div>
      {take.isError && <ProblemNote problem={problemOf(take.error)} />}
      <div className="flex gap-2">
        <Button type="submit" look="accent" disabled={take.isPending || !path.trim()}>
          Import
        </Button>
        <Button look="plain" onClick={onCancel}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** lastPart is the name of the folder that a path ends in. */
function lastPart(path: string): string {
  return path.trim().split(/[\\/]/).filter(Boolean).at(-1) ?? "";
}
