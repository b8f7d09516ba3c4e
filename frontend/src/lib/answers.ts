import type { QueryClient } from "@tanstack/react-query";
import { ApiError, type api as calls, problemOf } from "./api";
import { chatKey, chatsKey } from "./keys";
import { type Ask, type ChatDetail, type Event, KindAnswer, KindDone, KindError, KindQuestion, KindStage, KindToken, type Message, type Stage } from "./types";

/** Running is an answer that is being written. */
export interface Running {
  /** The id of the answer, once the server has made it. */
  answer?: string;
  /** What the model is doing, once it has said so. */
  stage?: Stage;
}

type Calls = Pick<typeof calls, "ask" | "regenerate" | "stop">;

// Tokens reach the page in batches of this many milliseconds, so that a fast model does not render once a token.
const batchMS = 30;

/**
 * Answers runs questions and writes what comes back into the cached conversation. It lives as long as the window,
 * so an answer goes on while another chat is shown.
 */
export class Answers {
  #running = new Map<string, Running>();
  #listeners = new Set<() => void>();

  constructor(
    private readonly cache: QueryClient,
    private readonly calls: Calls,
  ) {}

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  running = (chat: string | undefined) => (chat ? this.#running.get(chat) : undefined);

  /** ask resolves once the server has taken the question; the answer goes on arriving. Rejects when it is refused. */
  ask(chat: string, ask: Ask): Promise<void> {
    return this.#follow(chat, this.calls.ask(chat, ask), ask.replace);
  }

  /** regenerate answers anew, in the place of the answer given, or the question given, if that has none. */
  regenerate(chat: string, message: string): Promise<void> {
    return this.#follow(chat, this.calls.regenerate(chat, message), message);
  }

  stop(chat: string): Promise<void> {
    return this.calls.stop(chat);
  }

  #set(chat: string, running: Running | undefined) {
    if (running) this.#running.set(chat, running);
    else this.#running.delete(chat);
    for (const listener of this.#listeners) listener();
  }

  #update(chat: string, edit: (detail: ChatDetail) => ChatDetail) {
    this.cache.setQueryData<ChatDetail>(chatKey(chat), (detail) => detail && edit(detail));
  }

  #follow(chat: string, events: AsyncIterable<Event>, replace?: string): Promise<void> {
    this.#set(chat, {});
    return new Promise((accepted, refused) => {
      this.#read(chat, events, { replace, accepted })
        .catch((error: unknown) => {
          const { answer } = this.running(chat) ?? {};
          if (answer) this.#update(chat, (detail) => patch(detail, answer, { problem: problemOf(error) }));
          else refused(error);
        })
        .finally(() => {
          this.#set(chat, undefined);
          accepted();
          void this.cache.invalidateQueries({ queryKey: chatKey(chat) });
          void this.cache.invalidateQueries({ queryKey: chatsKey });
        });
    });
  }

  async #read(chat: string, events: AsyncIterable<Event>, to: { replace?: string; accepted: () => void }) {
    let { replace } = to;
    let text = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      const { answer } = this.running(chat) ?? {};
      const batch = text;
      text = "";
      if (answer && batch) this.#update(chat, (detail) => append(detail, answer, batch));
    };
    try {
      for await (const event of events) {
        if (event.kind === KindToken) {
          text += event.text ?? "";
          timer ??= setTimeout(flush, batchMS);
          continue;
        }
        flush();
        const { kind, message } = event;
        if (kind === KindStage) this.#set(chat, { ...this.running(chat), stage: event.stage });
        if (!message) continue;
        const cut = replace;
        replace = undefined;
        this.#update(chat, (detail) => put(detail, message, cut));
        if (kind === KindAnswer) this.#set(chat, { ...this.running(chat), answer: message.id });
        to.accepted();
        if (kind === KindQuestion) void this.cache.invalidateQueries({ queryKey: chatsKey });
        // The stored answer of an error carries its problem.
        if (kind === KindDone || kind === KindError) return;
      }
      throw new ApiError({ code: "broken_off", sentence: "The answer broke off." });
    } finally {
      flush();
    }
  }
}

/** put stores a message in its place, or at the end; the message `replace` of its role and all after it give way first. */
export function put(detail: ChatDetail, message: Message, replace?: string): ChatDetail {
  const from = detail.thread.findIndex((m) => m.id === replace && m.role === message.role);
  const kept = from < 0 ? detail.thread : detail.thread.slice(0, from);
  const at = kept.findIndex((m) => m.id === message.id);
  return { ...detail, thread: at < 0 ? [...kept, message] : kept.with(at, message) };
}

const append = (detail: ChatDetail, id: string, text: string) =>
  change(detail, id, (m) => ({ ...m, text: m.text + text }));

const patch = (detail: ChatDetail, id: string, fields: Partial<Message>) =>
  change(detail, id, (m) => ({ ...m, ...fields }));

function change(detail: ChatDetail, id: string, edit: (message: Message) => Message): ChatDetail {
  return { ...detail, thread: detail.thread.map((m) => (m.id === id ? edit(m) : m)) };
}
