import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FolderInput } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { FieldNote } from "@/components/field-note";
import { api, problemOf } from "@/lib/api";
import { modelsKey } from "@/lib/keys";

/** ImportModel lists a folder of the person's, which stays where it is. */
export function ImportModel() {
  const [path, setPath] = useState("");
  const id = useId();
  const cache = useQueryClient();
  const take = useMutation({
    mutationFn: () => api.importModel(path.trim()),
    onSuccess: async ({ name }) => {
      setPath("");
      toast(`${name} is listed now.`);
      await cache.invalidateQueries({ queryKey: modelsKey });
    },
  });
  const problem = take.isError ? problemOf(take.error) : undefined;
  return (
    <form
      aria-label="Import a folder"
      className="px-3.5 py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        take.mutate();
      }}
    >
      <div className="flex gap-2">
        <input
          aria-label="Path of a model folder"
          aria-describedby={id}
          placeholder="/path/to/a/model/folder"
          value={path}
          onChange={(event) => setPath(event.target.value)}
          className="selectable h-7 min-w-0 grow rounded-md bg-fill px-2.5"
        />
        <Button type="submit" disabled={!path.trim() || take.isPending}>
          <FolderInput className="size-3.5" aria-hidden />
          Import
        </Button>
      </div>
      <FieldNote id={id} problem={problem}>
        A folder as Hugging Face or MLX lay it out. It stays where it is.
      </FieldNote>
    </form>
  );
}
