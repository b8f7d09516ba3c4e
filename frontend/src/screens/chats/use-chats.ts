import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { toast } from "sonner";
import { api, problemOf } from "@/lib/api";
import { chatKey, chatsKey } from "@/lib/keys";
import { useRunning, useSession } from "@/lib/session";
import type { Chat, ChatDetail } from "@/lib/types";

/** useChats is the list of chats, newest first, or those in which the words occur. */
export function useChats(words: string) {
  return useQuery({
    queryKey: [...chatsKey, words.trim()],
    queryFn: () => api.chats(words.trim()),
    placeholderData: keepPreviousData,
  });
}

// An answer that this page did not ask for is looked at this often until it is whole.
const pollMS = 700;

/** useChat is one conversation. */
export function useChat(id: string | undefined) {
  const running = useRunning(id);
  return useQuery({
    queryKey: chatKey(id ?? ""),
    queryFn: () => api.chat(id ?? ""),
    // While an answer streams into the cached conversation, a copy from the server would only be older.
    enabled: id !== undefined && !running,
    refetchInterval: ({ state }) => (state.data && unfinished(state.data) ? pollMS : false),
  });
}

/** unfinished tells whether the last answer of a conversation is still being written. */
export function unfinished({ thread }: ChatDetail): boolean {
  return thread.at(-1)?.running === true;
}

/** useCurrentChat is the id of the chat that is shown, undefined while it is a new one. */
export function useCurrentChat(): string | undefined {
  return useParams({ strict: false }).chat;
}

/** useChatCommands is what can be done to a chat of the list. */
export function useChatCommands() {
  const cache = useQueryClient();
  const { answers } = useSession();
  const current = useCurrentChat();
  const navigate = useNavigate();
  const refresh = () => cache.invalidateQueries({ queryKey: chatsKey });
  const fail = (error: unknown) => {
    const problem = problemOf(error);
    toast.error(problem.sentence, { description: problem.action });
    void refresh();
  };

  const rename = useMutation({
    mutationFn: ({ chat, title }: { chat: Chat; title: string }) => api.renameChat(chat.id, title),
    onMutate: ({ chat, title }) => {
      cache.setQueriesData<Chat[]>({ queryKey: chatsKey }, (chats) =>
        chats?.map((c) => (c.id === chat.id ? { ...c, title } : c)),
      );
      cache.setQueryData<ChatDetail>(chatKey(chat.id), (detail) => detail && { ...detail, title });
    },
    onSuccess: refresh,
    onError: fail,
  });

  const restore = useMutation({
    mutationFn: ({ chat }: { chat: Chat; shown: boolean }) => api.restoreChat(chat.id),
    onSuccess: async (_, { chat, shown }) => {
      await refresh();
      if (shown) await navigate({ to: "/chats/$chat", params: { chat: chat.id } });
    },
    onError: fail,
  });

  const remove = useMutation({
    mutationFn: async (chat: Chat) => {
      if (answers.running(chat.id)) await answers.stop(chat.id);
      await api.deleteChat(chat.id);
    },
    onMutate: (chat) =>
      cache.setQueriesData<Chat[]>({ queryKey: chatsKey }, (chats) => chats?.filter((c) => c.id !== chat.id)),
    onSuccess: async (_, chat) => {
      const shown = chat.id === current;
      toast(`“${chat.title || "New chat"}” deleted`, {
        action: { label: "Undo", onClick: () => restore.mutate({ chat, shown }) },
      });
      if (shown) await navigate({ to: "/" });
      cache.removeQueries({ queryKey: chatKey(chat.id) });
      void refresh();
    },
    onError: fail,
  });

  return {
    rename: (chat: Chat, title: string) => rename.mutate({ chat, title }),
    remove: (chat: Chat) => remove.mutate(chat),
  };
}
