import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Popover } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/button";
import { problemOf } from "@/lib/api";
import { type Phase, PhaseAsleep, PhaseFailed, PhaseLoading, PhaseReady, type Problem } from "@/lib/types";
import { useModel } from "./use-model";

/** ModelBadge names the model and says whether it can answer; a click tells more. */
export function ModelBadge() {
  const { model, version, error } = useModel();
  const problem: Problem | undefined = error ? problemOf(error) : model?.error;
  const phase = error ? PhaseFailed : (model?.phase ?? PhaseLoading);
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger
        className="flex h-7 max-w-44 shrink-0 items-center gap-2 rounded-md px-2 hover:bg-fill aria-expanded:bg-fill-strong"
        aria-label={`Model ${model?.name ?? ""}: ${words[phase]}`}
      >
        <span
          aria-hidden
          className={clsx("size-2 shrink-0 rounded-full", dots[phase])}
        />
        <span className="truncate text-quiet">{model?.name ?? "Model"}</span>
        {phase !== PhaseReady && <span className="shrink-0 text-quiet">{words[phase]}</span>}
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
          <p className="text-quiet">{problem ? problem.sentence : explain(phase, model?.vision ?? true)}</p>
          {problem?.action && <p className="mt-1">{problem.action}</p>}
          <Button asChild className="mt-3">
            <Link to="/models" draggable={false} onClick={() => setOpen(false)}>
              Choose Another…
            </Link>
          </Button>
          {version && <p className="mt-3 border-t border-line pt-2 text-small text-quiet">Sightglass {version}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

const words: Record<Phase, string> = {
  [PhaseLoading]: "Loading",
  [PhaseReady]: "Ready",
  [PhaseFailed]: "Error",
  [PhaseAsleep]: "Asleep",
};

const dots: Record<Phase, string> = {
  [PhaseLoading]: "animate-[breathe_1.2s_ease-in-out_infinite] bg-warning",
  [PhaseReady]: "bg-good",
  [PhaseFailed]: "bg-danger",
  [PhaseAsleep]: "bg-quiet",
};

function explain(phase: Phase, vision: boolean): string {
  if (phase === PhaseAsleep) return "Its memory is free while nobody asks. The next question loads it again.";
  if (phase === PhaseLoading) return "Loading from this machine’s disk. Questions wait until it is ready.";
  return `Runs on this machine. ${vision ? "It reads text and pictures." : "It reads text, not pictures."}`;
}
