import { useQuery } from "@tanstack/react-query";
import { api } from "@/lib/api";
import { stateKey } from "@/lib/keys";
import { PhaseAsleep, PhaseLoading } from "@/lib/types";

// While the model loads, or the server is gone, the state is asked for this often.
const pollMS = 700;
// While it sleeps, a question that comes from elsewhere wakes it.
const asleepMS = 5000;

/** useModel is the model that answers, the version of the app, and what happened when it started. */
export function useModel() {
  const state = useQuery({
    queryKey: stateKey,
    queryFn: api.state,
    refetchInterval: ({ state: { data, status } }) => {
      if (status === "error" || data?.model.phase === PhaseLoading) return pollMS;
      return data?.model.phase === PhaseAsleep && asleepMS;
    },
  });
  return { model: state.data?.model, version: state.data?.version, notice: state.data?.notice, error: state.error };
}
