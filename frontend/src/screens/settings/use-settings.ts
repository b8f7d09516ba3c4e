import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { sayProblem } from "@/components/say-problem";
import { api, problemOf } from "@/lib/api";
import { settingsKey } from "@/lib/keys";
import type { Settings, SetSettings } from "@/lib/types";

/** useSettings is what the person set, and what can be done with all that is stored. */
export function useSettings() {
  const cache = useQueryClient();
  // What is stored changes while other screens are shown.
  const { data, error } = useQuery({ queryKey: settingsKey, queryFn: api.settings, refetchOnMount: "always" });
  const change = useMutation({
    mutationFn: (to: SetSettings) => api.setSettings(to),
    onSuccess: (settings) => cache.setQueryData<Settings>(settingsKey, settings),
    onError: sayProblem,
  });
  const erase = useMutation({
    mutationFn: api.erase,
    onSuccess: async () => {
      toast("Everything was erased.");
      await cache.resetQueries();
    },
    onError: sayProblem,
  });
  const exportAll = useMutation({
    mutationFn: api.exportAll,
    onSuccess: ({ path }) => toast("Everything was exported.", { description: path }),
    onError: sayProblem,
  });
  return {
    settings: data,
    problem: error ? problemOf(error) : undefined,
    set: (to: SetSettings) => change.mutate(to),
    erase: () => erase.mutate(),
    exportAll: () => exportAll.mutate(),
    exporting: exportAll.isPending,
  };
}
