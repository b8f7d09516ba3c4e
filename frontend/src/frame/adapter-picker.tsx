import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { GraduationCap } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { panel } from "@/components/menu";
import { sayProblem } from "@/components/say-problem";
import { api } from "@/lib/api";
import { chatKey, tuningKey } from "@/lib/keys";
import { type ChatDetail, TuneFinished } from "@/lib/types";

const line =
  "flex h-7 items-center rounded-md px-2 outline-none data-highlighted:bg-accent data-highlighted:text-accent-ink " +
  "data-[state=checked]:font-semibold";

/** AdapterPicker chooses what was learnt that answers in a chat. Without any adapter there is nothing to choose. */
export function AdapterPicker({ chat }: { chat: ChatDetail }) {
  const { data } = useQuery({ queryKey: tuningKey, queryFn: api.tuning });
  const cache = useQueryClient();
  const choose = useMutation({
    mutationFn: (name: string) => api.chooseAdapter(chat.id, name),
    onSuccess: ({ adapter }) =>
      cache.setQueryData<ChatDetail>(chatKey(chat.id), (detail) => detail && { ...detail, adapter }),
    onError: sayProblem,
  });
  const usable = data?.runs.filter((run) => run.phase === TuneFinished && run.fits) ?? [];
  if (usable.length === 0) return null;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className="flex h-7 max-w-44 shrink-0 items-center gap-1.5 rounded-md px-2 text-quiet hover:bg-fill aria-expanded:bg-fill-strong"
        aria-label={`Answers come from ${chat.adapter || "the model alone"}`}
      >
        <GraduationCap className="size-4 shrink-0" aria-hidden />
        <span className="truncate">{chat.adapter || "Model alone"}</span>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} collisionPadding={8} className={panel}>
          <DropdownMenu.RadioGroup value={chat.adapter ?? ""} onValueChange={(name) => choose.mutate(name)}>
            <DropdownMenu.RadioItem value="" className={line}>
              Model alone
            </DropdownMenu.RadioItem>
            {usable.map((run) => (
              <DropdownMenu.RadioItem key={run.name} value={run.name} className={line}>
                {run.name}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
