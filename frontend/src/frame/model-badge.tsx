import { clsx } from "clsx";
import { Popover } from "radix-ui";
import { problemOf } from "@/lib/api";
import { PhaseFailed, PhaseReady, type Problem } from "@/lib/types";
import { useModel } from "./use-model";

/** ModelBadge names the model and says whether it can answer; a click tells more. */
export function ModelBadge() {
  const { model, version, error } = useModel();
  const problem: Problem | undefined = error ? problemOf(error) : model?.error;
  const failed = Boolean(error) || model?.phase === PhaseFailed;
  const ready = !failed && model?.phase === PhaseReady;
  const word = failed ? "Error" : ready ? "Ready" : "Loading";
  return (
    <Popover.Root>
      <Popover.Trigger
        className="flex h-7 max-w-44 shrink-0 items-center gap-2 rounded-md px-2 hover:bg-fill aria-expanded:bg-fill-strong"
        aria-label={`Model ${model?.name ?? ""}: ${word}`}
      >
        <span
          aria-hidden
          className={clsx(
            "size-2 shrink-0 rounded-full",
            failed ? "bg-danger" : ready ? "bg-good" : "animate-[breathe_1.2s_ease-in-out_infinite] bg-warning",
          )}
        />
        <span className="truncate text-quiet">{model?.name ?? "Model"}</span>
        {!ready && <span className="shrink-0 text-quiet">{word}</span>}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="The model"
          className="appear selectable z-50 w-72 rounded-lg bg-raised p-4 shadow-float"
        >
          <p className="font-semibold">{model?.name ?? "Model"}</p>
          <p className="text-quiet">{problem ? problem.sentence : explain(ready, model?.vision ?? true)}</p>
          {problem?.action && <p className="mt-1">{problem.action}</p>}
          {version && <p className="mt-3 border-t border-line pt-2 text-small text-quiet">Sightglass {version}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function explain(ready: boolean, vision: boolean): string {
  if (!ready) return "Loading from this machine’s disk. Questions wait until it is ready.";
  return `Runs on this machine. ${vision ? "It reads text and pictures." : "It reads text, not pictures."}`;
}
