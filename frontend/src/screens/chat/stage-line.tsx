import type { Stage } from "@/lib/types";
import { stageWords } from "./stage";

/** StageLine shows what the model is doing until words come. */
export function StageLine({ stage, pictures }: { stage: Stage | undefined; pictures: number }) {
  const words = stageWords(stage, pictures);
  return (
    <p className="flex h-[22px] items-center gap-2 text-body text-quiet">
      <span aria-hidden className="size-2 animate-[breathe_1.2s_ease-in-out_infinite] rounded-full bg-accent" />
      {words.endsWith(".") ? words : `${words}…`}
    </p>
  );
}
