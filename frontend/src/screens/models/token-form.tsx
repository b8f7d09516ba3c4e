import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Button } from "@/components/button";
import { FieldNote } from "@/components/field-note";
import { api, problemOf } from "@/lib/api";
import { modelsKey } from "@/lib/keys";
import { onMac } from "@/lib/shortcuts";

/** TokenForm takes the access token for repositories that want one. What was set is never shown again. */
export function TokenForm({ hub, set }: { hub: string; set: boolean }) {
  const [token, setToken] = useState("");
  const id = useId();
  const cache = useQueryClient();
  const keep = useMutation({
    mutationFn: (to: string) => api.setHubToken(to),
    onSuccess: async () => {
      setToken("");
      await cache.invalidateQueries({ queryKey: modelsKey });
    },
  });
  const problem = keep.isError ? problemOf(keep.error) : undefined;
  return (
    <form
      aria-label="Access token"
      className="px-3.5 py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        keep.mutate(token);
      }}
    >
      <div className="flex gap-2">
        <input
          type="password"
          autoComplete="off"
          aria-label="Access token of the hub"
          aria-describedby={id}
          placeholder={set ? "A token is set; a new one replaces it" : "Access token, for repositories that want one"}
          value={token}
          maxLength={500}
          onChange={(event) => setToken(event.target.value)}
          className="selectable h-7 min-w-0 grow rounded-md bg-fill px-2.5"
        />
        {set && (
          <Button disabled={keep.isPending} onClick={() => keep.mutate("")}>
            Forget
          </Button>
        )}
        <Button type="submit" disabled={!token.trim() || keep.isPending}>
          Set
        </Button>
      </div>
      <FieldNote id={id} problem={problem}>
        {onMac ? "Kept in the keychain" : "Kept in a file that only your account may read"}, and sent to {hub || "the hub"} alone.
      </FieldNote>
    </form>
  );
}
