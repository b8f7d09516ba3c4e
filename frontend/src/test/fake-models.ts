import { ApiError, type Api } from "@/lib/api";
import { FitTight, FitWell, type LocalModel, ModelBuiltin, ModelCached, PhaseReady, type Problem, type State } from "@/lib/types";

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

type ModelCalls = Pick<Api, "models" | "chooseModel" | "removeModel">;

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

  state(): State {
    const name = this.here.find((m) => m.id === this.used)?.name ?? this.used;
    return { model: { id: this.used, name, phase: PhaseReady, vision: true }, version: "0.1.0" };
  }

  calls: ModelCalls = {
    models: async () => ({ here: this.here.map((m) => ({ ...m, in_use: m.id === this.used })), memory_bytes: 16_000_000_000 }),
    chooseModel: async (id) => {
      this.asked.push({ use: id });
      if (this.refusal) throw new ApiError(this.refusal);
      this.used = id;
      return this.state();
    },
    removeModel: async (id) => {
      this.asked.push({ remove: id });
      const freed = this.here.find((m) => m.id === id)?.bytes ?? 0;
      this.here = this.here.filter((m) => m.id !== id);
      return { freed_bytes: freed };
    },
  };
}
