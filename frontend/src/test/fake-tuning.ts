import { ApiError, type Api } from "@/lib/api";
import {
  type TuneData,
  TuneFinished,
  type TuneRow,
  TunePaused,
  type TuneRun,
  type TuneSettings,
  TuneTraining,
} from "@/lib/types";

export const settings: TuneSettings = { method: "lora", rank: 8, layers: 10, lr: 0.001, passes: 3, steps: 0, validation: 0.2 };

export const rowOf = (index: number, fields: Partial<TuneRow> = {}): TuneRow => ({
  index,
  source: `line ${index + 2}`,
  pictures: 1,
  question: "Is this part good?",
  answer: "good",
  ...fields,
});

export const runOf = (name: string, fields: Partial<TuneRun> = {}): TuneRun => ({
  name,
  model: "builtin",
  fits: true,
  phase: TuneFinished,
  settings,
  step: 2,
  steps: 2,
  step_ms: 250,
  tokens_per_s: 800,
  left_s: 0,
  losses: [
    { step: 1, loss: 4 },
    { step: 2, loss: 2, validation: 1.5 },
  ],
  checks: [
    {
      index: 0,
      source: "validation, line 2",
      picture: true,
      question: "Is this part good?",
      want: "rusty",
      base: "A button.",
      tuned: "rusty",
      thumb: 0,
      base_ok: false,
      tuned_ok: true,
    },
  ],
  probes: [{ step: 2, answers: ["rusty"] }],
  base: { exact: 0, characters: 1.8, thumbs: 0 },
  tuned: { exact: 1, characters: 0, thumbs: 0 },
  bytes: 3_200_000,
  changed: "2026-03-10T09:00:00Z",
  ...fields,
});

type TuneCalls = Pick<
  Api,
  | "chooseAdapter"
  | "tuning"
  | "tuneUpload"
  | "openTuneData"
  | "tuneData"
  | "editTuneRow"
  | "draftTuneRow"
  | "estimateTune"
  | "startRun"
  | "run"
  | "pauseRun"
  | "stopRun"
  | "resumeRun"
  | "keepRun"
  | "deleteRun"
  | "exportRun"
  | "importAdapter"
  | "thumbCheck"
>;

/** FakeTuning is the part of a server in memory that trains: a run is at its first step until a test moves it on. */
export class FakeTuning {
  asked: unknown[] = [];
  readonly runs = new Map<string, TuneRun>();
  data: TuneData | undefined;

  constructor(private readonly chooseAdapter: Api["chooseAdapter"]) {}

  #run(name: string): TuneRun {
    const run = this.runs.get(name);
    if (!run) throw new ApiError({ code: "not_found", sentence: "This is not here any more." });
    return run;
  }

  change(name: string, fields: Partial<TuneRun>): TuneRun {
    const run = { ...this.#run(name), ...fields };
    this.runs.set(name, run);
    return run;
  }

  #opened(): TuneData {
    if (!this.data) throw new ApiError({ code: "no_data", sentence: "There is nothing to learn from yet." });
    return this.data;
  }

  calls: TuneCalls = {
    chooseAdapter: (id, name) => this.chooseAdapter(id, name),
    tuning: async () => ({
      runs: [...this.runs.values()],
      presets: [
        { name: "Sort or name", says: "Short answers.", settings },
        { name: "Describe or read", says: "Whole sentences.", settings: { ...settings, layers: 0, lr: 0.0002 } },
      ],
    }),
    tuneUpload: async (_, path, bytes) => void this.asked.push({ upload: path, bytes: bytes.length }),
    openTuneData: async (from) => {
      this.asked.push(from);
      this.data = {
        name: "parts",
        path: "/parts",
        rows: [rowOf(0, { answer: "", reason: "the answer is empty" }), rowOf(1), rowOf(2, { check: true, answer: "rusty" })],
      };
      return this.data;
    },
    tuneData: async () => this.#opened(),
    editTuneRow: async (row, edit) => {
      const data = this.#opened();
      this.data = {
        ...data,
        rows: data.rows.map((r) =>
          r.index === row
            ? { ...r, answer: edit.answer ?? r.answer, left_out: edit.left_out ?? r.left_out, reason: edit.answer ? undefined : r.reason }
            : r,
        ),
      };
      return this.data;
    },
    draftTuneRow: async () => ({ answer: "a washer" }),
    estimateTune: async (asked) => {
      this.asked.push(asked);
      return { learn: 48, check: 12, steps: 144, memory_bytes: 4.5e8, free_bytes: 8e9, seconds: 95 };
    },
    startRun: async (start) => {
      this.asked.push(start);
      const run = runOf(start.name, { phase: TuneTraining, step: 1, steps: 2, tuned: undefined, probes: [], left_s: 12 });
      this.runs.set(start.name, run);
      return run;
    },
    run: async (name) => this.#run(name),
    pauseRun: async (name) => void this.change(name, { phase: TunePaused }),
    stopRun: async (name) => void this.change(name, runOf(name)),
    resumeRun: async (name) => void this.change(name, { phase: TuneTraining }),
    keepRun: async (name, keep) => {
      const run = this.change(name, keep);
      this.runs.delete(name);
      this.runs.set(keep.name, run);
      return run;
    },
    deleteRun: async (name) => void this.runs.delete(name),
    exportRun: async (name, format) => ({ path: `/downloads/${name} ${format}` }),
    importAdapter: async ({ path, name }) => {
      this.asked.push({ path, name });
      if (!path.startsWith("/")) throw new ApiError({ code: "no_adapter", sentence: "There is no adapter for this model there." });
      const run = runOf(name, { imported: true, losses: [], checks: [], probes: [], base: undefined, tuned: undefined });
      this.runs.set(name, run);
      return run;
    },
    thumbCheck: async (name, check, thumb) =>
      void this.change(name, { checks: this.#run(name).checks.map((c) => (c.index === check ? { ...c, thumb } : c)) }),
  };
}
