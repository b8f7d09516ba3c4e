import { QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useSyncExternalStore } from "react";
import { Answers } from "./answers";
import { api } from "./api";
import { Drafts } from "./drafts";

/** Session is what lives as long as the window. */
export interface Session {
  cache: QueryClient;
  answers: Answers;
  drafts: Drafts;
}

export function newSession(): Session {
  // The server is on this machine: a failed call is a fact, not a passing cloud.
  const cache = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } });
  return { cache, answers: new Answers(cache, api), drafts: new Drafts(api) };
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("session: want a SessionContext above, found none");
  return session;
}

/** useRunning is the answer that is being written in a chat, if there is one. */
export function useRunning(chat: string | undefined) {
  const { answers } = useSession();
  return useSyncExternalStore(answers.subscribe, () => answers.running(chat));
}
