import { ndjson } from "./ndjson";
import type {
  Ask,
  Chat,
  ChatDetail,
  ChooseAdapter,
  ChooseModel,
  Desk,
  Diagnostics,
  EditRow,
  Event,
  Exported,
  ExportFormat,
  ExportRun,
  Failure,
  ImportAdapter,
  ImportModel,
  KeepRun,
  LocalModel,
  ModelOffer,
  Models,
  ModelTask,
  OpenData,
  Panel,
  Picture,
  Problem,
  Regenerate,
  Removed,
  Rename,
  Sample,
  SetDraft,
  SetPlace,
  SetSettings,
  SetToken,
  Settings,
  StartRun,
  StartTask,
  State,
  Thumb,
  TuneData,
  TuneDraft,
  TuneEstimate,
  TuneRun,
  TuneSettings,
  Tuning,
  Update,
} from "./types";

/** ApiError is a call that failed, with the sentence and the action that the person reads. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.sentence);
  }
}

/** problemOf turns anything thrown into what the person reads. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  return { code: "internal", sentence: "Something went wrong in this window.", action: "Try again." };
}

/** inWords is a problem as one text: what went wrong, and what to do. */
export function inWords({ sentence, action }: Problem): string {
  return [sentence, action].filter(Boolean).join(" ");
}

const unreachable: Problem = {
  code: "unreachable",
  sentence: "Sightglass does not answer.",
  action: "Quit it and open it again.",
};

// WebKitGTK crashes on a Blob or FormData as a body: only text and bytes are sent.
async function call(method: string, path: string, body?: object | Uint8Array<ArrayBuffer>): Promise<Response> {
  const bytes = body instanceof Uint8Array;
  let response: Response;
  try {
    response = await fetch(`/api/${path}`, {
      method,
      headers: body && { "Content-Type": bytes ? "application/octet-stream" : "application/json" },
      body: bytes ? body : body && JSON.stringify(body),
    });
  } catch {
    throw new ApiError(unreachable);
  }
  if (response.ok) return response;
  const failure = (await response.json().catch(() => null)) as Failure | null;
  throw new ApiError(failure?.problem ?? unreachable);
}

async function json<T>(method: string, path: string, body?: object | Uint8Array<ArrayBuffer>): Promise<T> {
  const response = await call(method, path, body);
  return (await response.json()) as T;
}

async function order(method: string, path: string, body?: object | Uint8Array<ArrayBuffer>): Promise<void> {
  await call(method, path, body);
}

const runPath = (name: string) => `tune/runs/${encodeURIComponent(name)}`;

async function* stream(path: string, body: object): AsyncGenerator<Event> {
  const response = await call("POST", path, body);
  if (!response.body) throw new ApiError(unreachable);
  try {
    yield* ndjson<Event>(response.body);
  } catch {
    throw new ApiError({ code: "broken_off", sentence: "The answer broke off." });
  }
}

/** api is every call to the app's server. Each one fails with an ApiError. */
export const api = {
  state: () => json<State>("GET", "state"),
  sample: () => json<Sample>("GET", "sample"),

  chats: (words: string) => json<Chat[]>("GET", words ? `chats?q=${encodeURIComponent(words)}` : "chats"),
  createChat: () => json<Chat>("POST", "chats"),
  chat: (id: string) => json<ChatDetail>("GET", `chats/${id}`),
  renameChat: (id: string, title: string) => json<Chat>("PATCH", `chats/${id}`, { title } satisfies Rename),
  deleteChat: (id: string) => order("DELETE", `chats/${id}`),
  restoreChat: (id: string) => json<Chat>("POST", `chats/${id}/restore`),

  ask: (id: string, ask: Ask) => stream(`chats/${id}/ask`, ask),
  regenerate: (id: string, message: string) => stream(`chats/${id}/regenerate`, { message } satisfies Regenerate),
  stop: (id: string) => order("POST", `chats/${id}/stop`),

  deleteMessage: (id: string, message: string) => order("DELETE", `chats/${id}/messages/${message}`),
  restoreMessage: (id: string, message: string) => order("POST", `chats/${id}/messages/${message}/restore`),

  chooseAdapter: (id: string, name: string) => json<Chat>("PUT", `chats/${id}/adapter`, { name } satisfies ChooseAdapter),

  settings: () => json<Settings>("GET", "settings"),
  setSettings: (change: SetSettings) => json<Settings>("PATCH", "settings", change),
  erase: () => order("POST", "erase"),
  exportAll: () => json<Exported>("POST", "export"),
  checkUpdate: () => json<Update>("POST", "update"),
  diagnostics: () => json<Diagnostics>("GET", "diagnostics"),

  models: () => json<Models>("GET", "models"),
  chooseModel: (id: string) => json<State>("PUT", "model", { id } satisfies ChooseModel),
  removeModel: (id: string) => json<Removed>("POST", "models/remove", { id } satisfies ChooseModel),

  searchModels: (words: string) => json<ModelOffer[]>("GET", `models/search?q=${encodeURIComponent(words)}`),
  modelOffer: (id: string) => json<ModelOffer>("GET", `models/offer?id=${encodeURIComponent(id)}`),
  importModel: (path: string) => json<LocalModel>("POST", "models/import", { path } satisfies ImportModel),
  setHubToken: (token: string) => order("PUT", "models/token", { token } satisfies SetToken),
  startTask: (start: StartTask) => json<ModelTask>("POST", "models/tasks", start),
  orderTask: (id: string, what: "pause" | "resume" | "cancel") => order("POST", `models/tasks/${encodeURIComponent(id)}/${what}`),

  desk: () => json<Desk>("GET", "desk"),
  savePlace: (place: string) => order("PUT", "place", { place } satisfies SetPlace),
  saveDraft: (chat: string, draft: SetDraft) => order("PUT", `drafts/${chat || "new"}`, draft),

  panel: () => json<Panel>("GET", "panel"),
  panelStep: (step: string) => order("POST", `panel/${encodeURIComponent(step)}`),

  tuning: () => json<Tuning>("GET", "tune"),
  tuneUpload: (id: string, path: string, bytes: Uint8Array<ArrayBuffer>) =>
    order("PUT", `tune/uploads/${id}?path=${encodeURIComponent(path)}`, bytes),
  openTuneData: (from: OpenData) => json<TuneData>("POST", "tune/data", from),
  tuneData: () => json<TuneData>("GET", "tune/data"),
  editTuneRow: (row: number, edit: EditRow) => json<TuneData>("PATCH", `tune/data/rows/${row}`, edit),
  draftTuneRow: (row: number) => json<TuneDraft>("POST", `tune/data/rows/${row}/draft`),
  estimateTune: (settings: TuneSettings) => json<TuneEstimate>("POST", "tune/estimate", settings),
  startRun: (start: StartRun) => json<TuneRun>("POST", "tune/runs", start),
  run: (name: string) => json<TuneRun>("GET", runPath(name)),
  pauseRun: (name: string) => order("POST", `${runPath(name)}/pause`),
  stopRun: (name: string) => order("POST", `${runPath(name)}/stop`),
  resumeRun: (name: string) => order("POST", `${runPath(name)}/resume`),
  keepRun: (name: string, keep: KeepRun) => json<TuneRun>("PATCH", runPath(name), keep),
  deleteRun: (name: string) => order("DELETE", runPath(name)),
  exportRun: (name: string, format: ExportFormat) =>
    json<Exported>("POST", `${runPath(name)}/export`, { format } satisfies ExportRun),
  importAdapter: (adapter: ImportAdapter) => json<TuneRun>("POST", "tune/import", adapter),
  thumbCheck: (name: string, check: number, thumb: number) =>
    order("PUT", `${runPath(name)}/checks/${check}/thumb`, { thumb } satisfies Thumb),

  upload: (name: string, bytes: Uint8Array<ArrayBuffer>) =>
    json<Picture>("POST", `pictures?name=${encodeURIComponent(name)}`, bytes),
};

export type Api = typeof api;

export const pictureURL = (id: string) => `/api/pictures/${id}`;
export const rowPictureURL = (row: number) => `/api/tune/data/rows/${row}/picture`;
export const checkPictureURL = (run: string, check: number) => `/api/${runPath(run)}/checks/${check}/picture`;
export const thumbnailURL = (id: string) => `/api/pictures/${id}/thumbnail`;
