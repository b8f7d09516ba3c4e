import { ApiError, type Api } from "@/lib/api";
import {
  AppearanceSystem,
  type ChatDetail,
  type Desk,
  type Event,
  KindAnswer,
  KindDone,
  KindQuestion,
  KindToken,
  LengthNormal,
  type Message,
  NotifyOff,
  type Panel,
  type Picture,
  type Problem,
  RoleAssistant,
  RoleUser,
  type SetDraft,
  type Settings,
  StyleNormal,
  type Update,
} from "@/lib/types";
import { FakeModels } from "./fake-models";
import { FakeTuning } from "./fake-tuning";

const created = "2026-03-10T09:00:00Z";

export const picture: Picture = { id: "ab12", name: "screen.png", type: "image/png", width: 1280, height: 800, bytes: 999 };

export const message = (id: string, fields: Partial<Message>): Message => ({
  id,
  role: RoleUser,
  text: "",
  created,
  ...fields,
});

export const chatOf = (id: string, title: string, thread: Message[] = []): ChatDetail => ({
  id,
  title,
  created,
  updated: created,
  messages: thread.length,
  thread,
});

export const stats = {
  prompt_tokens: 512,
  tokens: 12,
  first_token_ms: 1240,
  vision_ms: 800,
  prefill_ms: 300,
  decode_tokens_per_s: 38.2,
  finish_reason: "stop",
};

/** hand is an answer whose events a test deals out one by one. */
export function hand() {
  const events: Event[] = [];
  let wake = () => {};
  let ended = false;
  async function* stream(): AsyncGenerator<Event> {
    for (;;) {
      const event = events.shift();
      if (event) yield event;
      else if (ended) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    stream,
    deal: (...dealt: Event[]) => {
      events.push(...dealt);
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
  };
}

/** FakeApi is a server in memory: it answers every question with the same words, and notes what it was asked. */
export class FakeApi {
  asked: unknown[] = [];
  readonly chats = new Map<string, ChatDetail>();
  readonly deleted = new Map<string, ChatDetail>();
  words = ["It says ", "**Apply**."];

  constructor(...chats: ChatDetail[]) {
    for (const chat of chats) this.chats.set(chat.id, chat);
  }

  #chat(id: string): ChatDetail {
    const chat = this.chats.get(id);
    if (!chat) throw new ApiError({ code: "not_found", sentence: "This is not here any more." });
    return chat;
  }

  async *#answer(id: string, question: Message | undefined, thread: Message[]): AsyncGenerator<Event> {
    const answer = message(`m${thread.length + 2}`, { role: RoleAssistant });
    const whole = { ...answer, text: this.words.join(""), stats };
    this.chats.set(id, { ...this.#chat(id), thread: [...thread, ...(question ? [question] : []), whole] });
    if (question) yield { kind: KindQuestion, message: question };
    yield { kind: KindAnswer, message: answer };
    for (const text of this.words) yield { kind: KindToken, text };
    yield { kind: KindDone, message: whole };
  }

  /** What the app has to tell about its start. */
  notice: Problem | undefined;

  settings: Settings = {
    native: true,
    shortcut: "Ctrl+Shift+Space",
    history: true,
    keep_days: 0,
    appearance: AppearanceSystem,
    length: LengthNormal,
    style: StyleNormal,
    notify: NotifyOff,
    at_login: false,
    welcomed: true,
    version: "0.1.0",
    updates: true,
    unload_after: 0,
    folder: "/data/me/.local/share/sightglass",
    bytes: 1_400_000,
    chats: 3,
    pictures: 1,
  };
  /** Why settings are not taken. */
  refusal: Problem | undefined;

  /** What was left of the last start, and what will be of this one. */
  desk: Desk = { drafts: [] };
  readonly places: string[] = [];
  readonly drafts = new Map<string, SetDraft>();

  /** What the feed of releases says. */
  update: Update = { version: "0.1.0", latest: "0.1.0", newer: false };

  /** What the compact panel shows. */
  panel: Panel = { shot: 1, picture, questions: ["What does this say?"] };

  readonly models = new FakeModels();

  readonly tuning = new FakeTuning(async (id, adapter) => {
    const chat = { ...this.#chat(id), adapter: adapter || undefined };
    this.chats.set(id, chat);
    return chat;
  });

  calls: Api = {
    ...this.tuning.calls,
    ...this.models.calls,
    state: async () => ({ ...this.models.state(), notice: this.notice }),
    sample: async () => ({ picture, questions: ["Which button is the default?"] }),
    chats: async (words) => [...this.chats.values()].filter((c) => JSON.stringify(c).includes(words)),
    createChat: async () => {
      const chat = chatOf(`c${this.chats.size + 1}`, "");
      this.chats.set(chat.id, chat);
      return chat;
    },
    chat: async (id) => this.#chat(id),
    renameChat: async (id, title) => {
      const chat = { ...this.#chat(id), title };
      this.chats.set(id, chat);
      return chat;
    },
    deleteChat: async (id) => {
      this.deleted.set(id, this.#chat(id));
      this.chats.delete(id);
    },
    restoreChat: async (id) => {
      const chat = this.deleted.get(id);
      if (!chat) throw new ApiError({ code: "not_found", sentence: "This is not here any more." });
      this.chats.set(id, chat);
      return chat;
    },
    ask: (id, ask) => {
      this.asked.push(ask);
      const { thread } = this.#chat(id);
      const at = thread.findIndex((m) => m.id === ask.replace);
      const kept = at < 0 ? thread : thread.slice(0, at);
      const pictures = ask.pictures?.map((picked) => ({ ...picture, id: picked }));
      return this.#answer(id, message(`m${kept.length + 1}`, { text: ask.text, pictures }), kept);
    },
    regenerate: (id, from) => {
      this.asked.push({ regenerate: from });
      const { thread } = this.#chat(id);
      return this.#answer(id, undefined, thread.slice(0, thread.findIndex((m) => m.id === from)));
    },
    stop: async (id) => void this.asked.push({ stop: id }),
    deleteMessage: async (id, from) => {
      const chat = this.#chat(id);
      this.deleted.set(id, chat);
      this.chats.set(id, { ...chat, thread: chat.thread.filter((m) => m.id !== from) });
    },
    restoreMessage: async (id) => void (await this.calls.restoreChat(id)),
    settings: async () => this.settings,
    setSettings: async (change) => {
      this.asked.push(change);
      if (this.refusal) throw new ApiError(this.refusal);
      return (this.settings = { ...this.settings, ...change });
    },
    erase: async () => void this.asked.push("erase"),
    exportAll: async () => ({ path: "/data/me/Downloads/Sightglass.zip" }),
    checkUpdate: async () => this.update,
    diagnostics: async () => ({ text: "Sightglass: 0.1.0" }),
    desk: async () => this.desk,
    savePlace: async (place) => void this.places.push(place),
    saveDraft: async (chat, draft) => void this.drafts.set(chat, draft),
    panel: async () => this.panel,
    panelStep: async (step) => void this.asked.push({ step }),
    upload: async (name, bytes) => {
      this.asked.push({ upload: name, bytes: bytes.length });
      return { ...picture, name };
    },
  };
}
