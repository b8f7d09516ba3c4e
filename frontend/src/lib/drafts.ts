import { useCallback, useSyncExternalStore } from "react";
import { api, ApiError, problemOf } from "./api";
import { useSession } from "./session";
import type { DeskDraft, Picture, Problem } from "./types";

/** Attachment is a picture in a question that is still being written. */
export interface Attachment {
  key: string;
  name: string;
  /** Set once the picture is stored. */
  picture?: Picture;
}

export interface Draft {
  text: string;
  attachments: Attachment[];
}

const empty: Draft = { text: "", attachments: [] };

// A draft is stored this long after the last letter.
const restMS = 500;

/** Drafts keeps what was written in each chat but not sent, and stores it, so that neither a crash nor the window's end loses it. */
export class Drafts {
  #drafts = new Map<string, Draft>();
  #listeners = new Set<() => void>();
  #waiting = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly calls: Pick<typeof api, "saveDraft">) {}

  /** restore takes what was stored, but for chats in which something was written meanwhile. */
  restore(drafts: DeskDraft[]) {
    for (const { chat = "", text = "", pictures = [] } of drafts) {
      if (this.#drafts.has(chat)) continue;
      this.#drafts.set(chat, { text, attachments: pictures.map((picture) => ({ key: newKey(), name: picture.name ?? "", picture })) });
    }
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }

  #store(chat: string) {
    clearTimeout(this.#waiting.get(chat));
    this.#waiting.set(
      chat,
      setTimeout(() => {
        this.#waiting.delete(chat);
        const { text, attachments } = this.get(chat);
        const pictures = attachments.flatMap((a) => a.picture?.id ?? []);
        // At worst it is lost with a crash.
        void this.calls.saveDraft(chat, { text, pictures }).catch(() => {});
      }, restMS),
    );
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  get = (chat: string) => this.#drafts.get(chat) ?? empty;

  update(chat: string, change: (draft: Draft) => Partial<Draft>) {
    const draft = this.get(chat);
    this.#drafts.set(chat, { ...draft, ...change(draft) });
    this.#tell();
    this.#store(chat);
  }
}

// The server's own limit is the one that counts; this one spares the page from reading a film into memory.
const maxBytes = 64 << 20;

let made = 0;
const newKey = () => `attachment-${++made}`;

/** useDraft is the draft of a chat, "" being the chat that is not made yet, and what can be done to it. */
export function useDraft(chat: string, onProblem: (problem: Problem) => void) {
  const { drafts } = useSession();
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(chat));

  const write = useCallback((text: string) => drafts.update(chat, () => ({ text })), [drafts, chat]);

  const remove = useCallback(
    (key: string) =>
      drafts.update(chat, ({ attachments }) => ({ attachments: attachments.filter((a) => a.key !== key) })),
    [drafts, chat],
  );

  const attach = useCallback(
    async (files: File[]) => {
      const added = files.map((file) => ({ file, key: newKey() }));
      drafts.update(chat, ({ attachments }) => ({
        attachments: [...attachments, ...added.map(({ file, key }) => ({ key, name: file.name }))],
      }));
      // One after another: several large pictures are never in memory at once.
      for (const { file, key } of added) {
        try {
          const picture = await store(file);
          drafts.update(chat, ({ attachments }) => ({
            attachments: attachments.map((a) => (a.key === key ? { ...a, picture } : a)),
          }));
        } catch (error) {
          remove(key);
          onProblem(problemOf(error));
        }
      }
    },
    [drafts, chat, remove, onProblem],
  );

  const take = useCallback(() => {
    const taken = drafts.get(chat);
    drafts.update(chat, () => empty);
    return taken;
  }, [drafts, chat]);

  const restore = useCallback((old: Draft) => drafts.update(chat, () => old), [drafts, chat]);

  return { draft, write, attach, remove, take, restore };
}

async function store(file: File): Promise<Picture> {
  if (file.size > maxBytes) {
    const sentence = `“${file.name}” is larger than 64 MB.`;
    throw new ApiError({ code: "too_large", sentence, action: "Choose a smaller picture." });
  }
  let bytes: ArrayBuffer;
  try {
    bytes = await file.arrayBuffer();
  } catch {
    const sentence = `“${file.name}” could not be read.`;
    throw new ApiError({ code: "unreadable", sentence, action: "Choose a picture file." });
  }
  return api.upload(file.name, new Uint8Array(bytes));
}
