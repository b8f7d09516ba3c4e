import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { sayProblem } from "@/components/say-problem";
import { bytes } from "@/lib/amounts";
import { api, problemOf } from "@/lib/api";
import { modelsKey, stateKey, tuningKey } from "@/lib/keys";
import { type LocalModel, ModelFolder, PhaseLoading, type State, TaskRunning, TaskWaiting } from "@/lib/types";

// While something is on its way, it is looked at this often.
const pollMS = 700;

/** useModels is what models there are, and what is on its way. */
export function useModels() {
  return useQuery({
    queryKey: modelsKey,
    queryFn: api.models,
    refetchOnMount: "always", // other programs share the cache
    refetchInterval: ({ state }) =>
      state.data?.tasks.some(({ phase }) => phase === TaskRunning || phase === TaskWaiting) ? pollMS : false,
  });
}

/** useChooseModel lets another model answer. It takes as long as that one loads; one that does not leaves the one before. */
export function useChooseModel() {
  const cache = useQueryClient();
  const choose = useMutation({
    mutationFn: (model: LocalModel) => api.chooseModel(model.id),
    onMutate: async ({ id, name }) => {
      await cache.cancelQueries({ queryKey: stateKey });
      cache.setQueryData<State>(stateKey, (state) => state && { ...state, model: { id, name, phase: PhaseLoading, vision: true } });
    },
    onSettled: () =>
      // What was learnt fits one model alone.
      Promise.all([stateKey, modelsKey, tuningKey].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
  return {
    choose: choose.mutate,
    choosing: choose.isPending ? choose.variables.id : undefined,
    refused: choose.isError ? { id: choose.variables.id, problem: problemOf(choose.error) } : undefined,
  };
}

/** useRemoveModel removes a model and says what that freed. */
export function useRemoveModel() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (model: LocalModel) => api.removeModel(model.id),
    onSuccess: ({ freed_bytes }, { name, kind }) =>
      toast(kind === ModelFolder ? `${name} is not listed any more.` : `${name} was removed: ${bytes(freed_bytes)} are free again.`),
    onError: sayProblem,
    onSettled: () => cache.invalidateQueries({ queryKey: modelsKey }),
  });
}
