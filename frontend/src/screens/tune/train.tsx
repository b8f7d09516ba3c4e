import { useNavigate } from "@tanstack/react-router";
import { Progress } from "radix-ui";
import { Button } from "@/components/button";
import { Img } from "@/components/img";
import { ProblemNote } from "@/components/problem-note";
import { api, checkPictureURL } from "@/lib/api";
import { duration, rate } from "@/lib/amounts";
import { TuneFailed, TuneFinished, TunePaused, type TuneRun, TuneTraining } from "@/lib/types";
import { Curves, smooth } from "./curves";
import { Heading } from "./steps";
import { busy, phaseWord, useRunOrder } from "./use-tuning";

/** Train is step 3: a training as it goes on. It does so whether this is shown or not. */
export function Train({ run }: { run: TuneRun }) {
  const order = useRunOrder(run.name);
  const navigate = useNavigate();
  const halted = run.phase === TunePaused || (run.phase === TuneFailed && run.step > 0);
  return (
    <>
      <div className="flex items-start justify-between gap-4">
        <Heading title={run.name}>
          {busy(run.phase)
            ? "You can chat meanwhile. If you quit Sightglass, the training goes on when it is opened again."
            : "What the training did, step by step."}
        </Heading>
        <div className="flex shrink-0 gap-2">
          {busy(run.phase) && (
            <>
              <Button disabled={order.isPending} onClick={() => order.mutate(api.pauseRun)}>
                Pause
              </Button>
              <Button disabled={order.isPending || run.phase !== TuneTraining} onClick={() => order.mutate(api.stopRun)}>
                Stop and keep
              </Button>
            </>
          )}
          {halted && run.fits && (
            <Button look="accent" disabled={order.isPending} onClick={() => order.mutate(api.resumeRun)}>
              Go on
            </Button>
          )}
          {run.phase === TuneFinished && (
            <Button
              look="accent"
              onClick={() => void navigate({ to: run.tuned ? "/tune/runs/$run/compare" : "/tune/runs/$run/keep", params: { run: run.name } })}
            >
              Continue
            </Button>
          )}
        </div>
      </div>
      {run.problem && <ProblemNote problem={run.problem} />}
      <div className="flex flex-col gap-1.5">
        <div className="flex justify-between gap-4">
          <p role="status">{phaseWord(run)}</p>
          {run.phase === TuneTraining && run.step > 0 && <p className="text-quiet">about {duration(run.left_s * 1000)} left</p>}
        </div>
        <Progress.Root
          aria-label="Steps done"
          value={run.steps ? Math.round((100 * run.step) / run.steps) : 0}
          className="h-1.5 overflow-hidden rounded-full bg-fill-strong"
        >
          <Progress.Indicator className="h-full rounded-full bg-accent" style={{ width: `${run.steps ? (100 * run.step) / run.steps : 0}%` }} />
        </Progress.Root>
      </div>
      <Facts run={run} />
      {run.losses.length > 0 ? (
        <Curves losses={run.losses} />
      ) : (
        <p className="flex h-60 items-center justify-center rounded-lg bg-fill text-quiet">The curves begin with the first step.</p>
      )}
      <Probes run={run} />
    </>
  );
}

function Facts({ run }: { run: TuneRun }) {
  const checked = run.losses.findLast((l) => l.validation !== undefined);
  const facts: [string, string | undefined][] = [
    ["Loss", smooth(run.losses).at(-1)?.toFixed(3)],
    ["On validation", checked?.validation?.toFixed(3)],
    ["Speed", run.step_ms ? `${duration(run.step_ms)} a step, ${rate(run.tokens_per_s)}` : undefined],
  ];
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2">
      {facts.map(([term, fact]) => (
        <div key={term} className="min-w-24">
          <dt className="text-small text-quiet">{term}</dt>
          <dd className="font-medium tabular-nums">{fact ?? "–"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Probes are answers to a few of the person's own pictures at each checkpoint, beside the base's. */
function Probes({ run }: { run: TuneRun }) {
  const shown = run.checks.slice(0, Math.max(run.probes[0]?.answers.length ?? 0, Math.min(3, run.checks.length)));
  if (shown.length === 0 || !run.base) return null;
  return (
    <section aria-labelledby="probes" className="flex flex-col gap-2">
      <h3 id="probes" className="font-semibold">
        What it says on the way
      </h3>
      <ul className="grid grid-cols-3 gap-3 max-sm:grid-cols-1">
        {shown.map((check, i) => (
          <li key={check.source} className="flex flex-col gap-2 rounded-lg bg-fill p-3">
            <div className="h-28 overflow-hidden rounded-md">
              {check.picture && <Img src={checkPictureURL(run.name, check.index)} alt={check.source} className="size-full object-contain" />}
            </div>
            <p className="line-clamp-2 text-quiet">{check.question}</p>
            <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5">
              <dt className="text-quiet">Wanted</dt>
              <dd className="selectable font-medium">{check.want}</dd>
              <dt className="text-quiet">Before</dt>
              <dd className="selectable line-clamp-2">{check.base || "–"}</dd>
              {run.probes.map((probe) => (
                <div key={probe.step} className="contents">
                  <dt className="text-quiet">Step {probe.step}</dt>
                  <dd className="selectable line-clamp-2">{probe.answers[i] || "–"}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </section>
  );
}
