import { useMutation, useQueryClient } from "@tanstack/react-query";
import { sayProblem } from "@/components/say-problem";
import { api } from "@/lib/api";
import { modelsKey } from "@/lib/keys";
import type { StartTask } from "@/lib/types";

/** useTasks starts downloads and conversions, and gives them orders. */
export function useTasks() {
  const cache = useQueryClient();
  const then = { onError: sayProblem, onSettled: () => cache.invalidateQueries({ queryKey: modelsKey }) };
  const start = useMutation({ mutationFn: (task: StartTask) => api.startTask(task), ...then });
  const order = useMutation({
    mutationFn: ({ id, what }: { id: string; what: "pause" | "resume" | "cancel" }) => api.orderTask(id, what),
    ...then,
  });
  return {
    start: start.mutate,
    starting: start.isPending ? start.variables.model : undefined,
    order: (id: string, what: "pause" | "resume" | "cancel") => order.mutate({ id, what }),
  };
}
