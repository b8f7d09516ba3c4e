import { ApiError, type Api } from "@/lib/api";
import {
  FitTight,
  FitWell,
  type LocalModel,
  ModelBuiltin,
  ModelCached,
  ModelFolder,
  type ModelOffer,
  type ModelTask,
  PhaseReady,
  type Problem,
  type State,
  TaskPaused,
  TaskRunning,
} from "@/lib/types";

export const localModel = (id: string, fields: Partial<LocalModel> = {}): LocalModel => ({
  id,
  name: id,
  kind: ModelCached,
  folder: `/data/me/.cache/huggingface/hub/${id}`,
  bytes: 1_250_000_000,
  architecture: "Qwen2VLForConditionalGeneration",
  vision: true,
  parameters: 2_200_000_000,
  stored: "4-bit in groups of 64",
  context: 32_768,
  memory_bytes: 2_400_000_000,
  fit: FitWell,
  ...fields,
});

export const offerOf = (id: string, fields: Partial<ModelOffer> = {}): ModelOffer => ({ id, bytes: 1_270_000_000, downloads: 1200, ...fields });

export const taskOf = (model: string, fields: Partial<ModelTask> = {}): ModelTask => ({
  id: model,
  kind: "download",
  model,
  name: model,
  phase: TaskRunning,
  done_bytes: 120_000_000,
  total_bytes: 1_270_000_000,
  bytes_per_s: 11_500_000,
  ...fields,
});

type ModelCalls = Pick<Api, "models" | "chooseModel" | "removeModel" | "searchModels" | "modelOffer" | "importModel" | "setHubToken" | "startTask" | "orderTask">;

/** FakeModels is the part of a server in memory that has models. */
export class FakeModels {
  asked: unknown[] = [];
  /** Why a model is not loaded. */
  refusal: Problem | undefined;
  used = "builtin";
  here: LocalModel[] = [
    localModel("builtin", { name: "Built-in model", kind: ModelBuiltin, bytes: 480_000_000, stored: "f16", memory_bytes: 900_000_000 }),
    localModel("org/small", { fit: FitTight }),
  ];

  tasks: ModelTask[] = [];
  recommended: ModelOffer[] = [offerOf("org/reader", { says: "Reads screens.", memory_bytes: 2_240_000_000, fit: FitWell, downloads: undefined })];
  found: ModelOffer[] = [offerOf("org/one"), offerOf("org/gated", { gated: true }), offerOf("org/bert", { unknown: true })];
  hub = "huggingface.co";
  token = "";

  state(): State {
    const name = this.here.find((m) => m.id === this.used)?.name ?? this.used;
    return { model: { id: this.used, name, phase: PhaseReady, vision: true }, version: "0.1.0" };
  }

  calls: ModelCalls = {
    models: async () => ({
      here: this.here.map((m) => ({ ...m, in_use: m.id === this.used })),
      recommended: this.recommended,
      tasks: this.tasks,
      memory_bytes: 16_000_000_000,
      hub: this.hub,
      token: this.token !== "",
    }),
    chooseModel: async (id) => {
      this.asked.push({ use: id });
      if (this.refusal) throw new ApiError(this.refusal);
      this.used = id;
      return this.state();
    },
    searchModels: async (words) => {
      this.asked.push({ search: words });
      if (this.refusal) throw new ApiError(this.refusal);
      return this.found.filter((offer) => offer.id.includes(words));
    },
    modelOffer: async (id) => {
      this.asked.push({ offer: id });
      return offerOf(id, { memory_bytes: 2_240_000_000, fit: FitWell, vision: true, architecture: "Qwen2VLForConditionalGeneration" });
    },
    importModel: async (path) => {
      this.asked.push({ import: path });
      if (this.refusal) throw new ApiError(this.refusal);
      const model = localModel(path, { name: path.split("/").at(-1) ?? "", kind: ModelFolder, stored: "f16" });
      this.here = [...this.here, model];
      return model;
    },
    setHubToken: async (token) => {
      if (this.refusal) throw new ApiError(this.refusal);
      this.token = token;
    },
    startTask: async ({ kind, model }) => {
      this.asked.push({ [kind]: model });
      const task = taskOf(model, { kind });
      this.tasks = [...this.tasks, task];
      return task;
    },
    orderTask: async (id, what) => {
      this.asked.push({ [what]: id });
      if (what === "cancel") this.tasks = this.tasks.filter((task) => task.id !== id);
      else this.tasks = this.tasks.map((task) => (task.id === id ? { ...task, phase: what === "pause" ? TaskPaused : TaskRunning } : task));
    },
    removeModel: async (id) => {
      this.asked.push({ remove: id });
      const freed = this.here.find((m) => m.id === id)?.bytes ?? 0;
      this.here = this.here.filter((m) => m.id !== id);
      return { freed_bytes: freed };
    },
  };
}
