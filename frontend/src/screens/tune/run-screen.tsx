import { useNavigate, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { ProblemNote } from "@/components/problem-note";
import { problemOf } from "@/lib/api";
import { TuneFinished, type TuneRun } from "@/lib/types";
import { Compare } from "./compare";
import { Keep } from "./keep";
import { type Step, Steps } from "./steps";
import { Train } from "./train";
import { useRun } from "./use-tuning";

const bodies: Partial<Record<Step, ComponentType<{ run: TuneRun }>>> = { Train, Compare, Keep };

/** RunScreen is one training at one of the last three steps. */
export function RunScreen({ step }: { step: "Train" | "Compare" | "Keep" }) {
  const { run: name = "" } = useParams({ strict: false });
  const { data: run, error } = useRun(name);
  const navigate = useNavigate();
  const params = { run: name };
  const finished = run?.phase === TuneFinished;
  const Body = bodies[step];
  return (
    <Steps
      current={step}
      open={{
        Train: run?.imported ? undefined : () => void navigate({ to: "/tune/runs/$run/train", params }),
        Compare: finished && run.tuned ? () => void navigate({ to: "/tune/runs/$run/compare", params }) : undefined,
        Keep: finished ? () => void navigate({ to: "/tune/runs/$run/keep", params }) : undefined,
      }}
    >
      {error && <ProblemNote problem={problemOf(error)} />}
      {run && Body && <Body run={run} />}
    </Steps>
  );
}
