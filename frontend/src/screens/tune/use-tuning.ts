import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { sayProblem } from "@/components/say-problem";
import { api } from "@/lib/api";
import { runKey, tuneDataKey, tuningKey } from "@/lib/keys";
import {
  type TuneData,
  TuneComparing,
  type TunePhase,
  TunePreparing,
  type TuneRun,
  TuneTraining,
} from "@/lib/types";

// A run in progress is looked at this often.
const pollMS = 700;

/** busy tells whether a run is in progress. */
export const busy = (phase: TunePhase | undefined) =>
  phase === TunePreparing || phase === TuneTraining || phase === TuneComparing;

/** useTuning is the list of runs and the goals to choose from. */
export function useTuning() {
  return useQuery({
    queryKey: tuningKey,
    queryFn: api.tuning,
    refetchInterval: ({ state }) => (state.data?.running ? pollMS : false),
  });
}

/** useTuneData is the data that is open. */
export function useTuneData() {
  return useQuery({ queryKey: tuneDataKey, queryFn: api.tuneData });
}

/** useRun is one run, in progress or over. */
export function useRun(name: string) {
  return useQuery({
    queryKey: runKey(name),
    queryFn: () => api.run(name),
    refetchInterval: ({ state }) => (busy(state.data?.phase) ? pollMS : false),
  });
}

/** useEditData changes the data that is open; each change answers with all of it, checked anew. */
export function useEditData() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (change: () => Promise<TuneData>) => change(),
    onSuccess: (data) => cache.setQueryData(tuneDataKey, data),
    onError: sayProblem,
  });
}

/** useRunOrder gives an order to a run and looks at what became of it. */
export function useRunOrder(name: string) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (order: (name: string) => Promise<unknown>) => order(name),
    onError: sayProblem,
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: runKey(name) }),
        cache.invalidateQueries({ queryKey: tuningKey }),
      ]),
  });
}

/** phaseWord says where a run is. */
export function phaseWord({ phase, step, steps, doing, imported }: TuneRun): string {
  if (imported) return "From another program";
  switch (phase) {
    case "preparing":
    case "comparing":
      return doing || "Preparing";
    case "training":
      return `Step ${step} of ${steps}`;
    case "paused":
      return `Paused at step ${step} of ${steps}`;
    case "finished":
      return "Finished";
    default:
      return "Ended early";
  }
}
