import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toast } from "sonner";
import { api, problemOf } from "@/lib/api";
import type { Running } from "@/lib/answers";
import { chatKey } from "@/lib/keys";
import { useRunning, useSession } from "@/lib/session";
import { type Ask, RoleAssistant, type ChatDetail, type Message, type Problem } from "@/lib/types";
import { unfinished, useChat } from "@/screens/chats/use-chats";

/**
 * useConversation is a conversation, undefined being one that is not made yet, and what can be done in it. Its first
 * question makes it, and leads to its own place unless onMade takes its id.
 */
export function useConversation(chat: string | undefined, onMade?: (chat: string) => void) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const { answers } = useSession();
  const [refused, setRefused] = useState<Problem>();
  const detail = useChat(chat);
  const thread = detail.data?.thread ?? [];
  // An answer goes on when the page is loaded anew; then the server alone knows of it.
  const elsewhere: Running | undefined = detail.data && unfinished(detail.data) ? { answer: thread.at(-1)?.id } : undefined;
  const running = useRunning(chat) ?? elsewhere;

  /** attempt runs a question and tells whether it was taken; if not, `refused` says why. */
  const attempt = async (run: () => Promise<void>): Promise<boolean> => {
    setRefused(undefined);
    try {
      await run();
      return true;
    } catch (error) {
      setRefused(problemOf(error));
      return false;
    }
  };

  const ask = (question: Ask) =>
    attempt(async () => {
      if (chat) return answers.ask(chat, question);
      const made = await api.createChat();
      cache.setQueryData<ChatDetail>(chatKey(made.id), { ...made, thread: [] });
      try {
        await answers.ask(made.id, question);
      } catch (error) {
        await api.deleteChat(made.id).catch(() => {});
        throw error;
      }
      if (onMade) onMade(made.id);
      else await navigate({ to: "/chats/$chat", params: { chat: made.id } });
    });

  const refresh = () => cache.invalidateQueries({ queryKey: chatKey(chat ?? "") });
  const fail = (error: unknown) => {
    const problem = problemOf(error);
    toast.error(problem.sentence, { description: problem.action });
    void refresh();
  };
  const restore = useMutation({
    mutationFn: (message: Message) => api.restoreMessage(chat ?? "", message.id),
    onSuccess: refresh,
    onError: fail,
  });
  const remove = useMutation({
    mutationFn: (message: Message) => api.deleteMessage(chat ?? "", message.id),
    onSuccess: async (_, message) => {
      toast(message.role === RoleAssistant ? "Answer deleted" : "Question deleted", {
        action: { label: "Undo", onClick: () => restore.mutate(message) },
      });
      await refresh();
    },
    onError: fail,
  });

  return {
    thread,
    running,
    loading: detail.isLoading,
    problem: detail.error ? problemOf(detail.error) : undefined,
    refused,
    ask,
    regenerate: (message: string) => attempt(async () => void (chat && (await answers.regenerate(chat, message)))),
    stop: () => void (chat && answers.stop(chat).then(elsewhere && refresh, fail)),
    remove: (message: Message) => remove.mutate(message),
  };
}
