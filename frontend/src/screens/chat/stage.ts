import { type Stage, StageDecode, StageLoading, StagePrefill, StageQueued, StageSlow, StageVision } from "@/lib/types";

/** stageWords says what the model is doing. */
export function stageWords(stage: Stage | undefined, pictures: number): string {
  switch (stage) {
    case StageLoading:
      return "Waiting for the model to load";
    case StageQueued:
      return "Waiting for another answer";
    case StageVision:
      return pictures === 1 ? "Looking at the picture" : "Looking at the pictures";
    case StagePrefill:
      return "Reading";
    case StageDecode:
      return "Writing";
    case StageSlow:
      return "The model has said nothing for a minute. You can stop it.";
    default:
      return "Thinking";
  }
}
