import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Check, ThumbsDown, ThumbsUp, X } from "lucide-react";
import { Button } from "@/components/button";
import { IconButton } from "@/components/icon-button";
import { Img } from "@/components/img";
import { api, checkPictureURL } from "@/lib/api";
import type { TuneCheck, TuneRun, TuneScore } from "@/lib/types";
import { Heading } from "./steps";
import { useRunOrder } from "./use-tuning";

/** Compare is step 4: the same questions to the base and to the tuned model. */
export function Compare({ run }: { run: TuneRun }) {
  const navigate = useNavigate();
  return (
    <>
      <div className="flex items-start justify-between gap-4">
        <Heading title="Before and after">
          Questions about validation pictures, which the model did not learn from, to the model as it was and as it is now.
        </Heading>
        <Button look="accent" onClick={() => void navigate({ to: "/tune/runs/$run/keep", params: { run: run.name } })}>
          Continue
        </Button>
      </div>
      {run.base && run.tuned && (
        <div className="grid grid-cols-2 gap-3">
          <Score title="Before" score={run.base} of={run.checks.length} />
          <Score title="After" score={run.tuned} of={run.checks.length} thumbs />
        </div>
      )}
      <div className="overflow-x-auto rounded-lg border border-line">
        <table className="w-full border-collapse text-left [&_td]:px-3 [&_td]:py-2 [&_th]:px-3 [&_th]:py-1.5 [&_th]:font-medium [&_th]:text-quiet">
          <thead className="bg-fill text-small">
            <tr>
              <th scope="col">Picture</th>
              <th scope="col">Wanted</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
              <th scope="col">Your view</th>
            </tr>
          </thead>
          <tbody>
            {run.checks.map((check) => (
              <Row key={check.source} run={run} check={check} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Score({ title, score, of, thumbs }: { title: string; score: TuneScore; of: number; thumbs?: boolean }) {
  const share = of ? Math.round((100 * score.exact) / of) : 0;
  const words = [`${Math.round(100 * Math.min(score.characters, 1))}% of the characters wrong`, thumbs && score.thumbs > 0 && `${score.thumbs} liked`];
  return (
    <section aria-label={title} className="rounded-lg bg-fill px-4 py-3">
      <h3 className="text-small text-quiet">{title}</h3>
      <p className="text-[20px] leading-7 font-semibold tabular-nums">
        {score.exact} of {of} right <span className="font-normal text-quiet">{share}%</span>
      </p>
      <p className="text-quiet">{words.filter(Boolean).join(" · ")}</p>
    </section>
  );
}

function Row({ run, check }: { run: TuneRun; check: TuneCheck }) {
  return (
    <tr className="border-t border-line">
      <td>
        <div className="size-12 overflow-hidden rounded-md bg-fill">
          {check.picture && (
            <Img src={checkPictureURL(run.name, check.index)} alt={check.source} loading="lazy" className="size-full object-cover" />
          )}
        </div>
      </td>
      <td className="selectable font-medium" title={check.question}>
        {check.want}
      </td>
      <td>
        <Said text={check.base} right={check.base_ok} />
      </td>
      <td>
        <Said text={check.tuned} right={check.tuned_ok} />
      </td>
      <td>
        <Thumbs run={run} check={check} />
      </td>
    </tr>
  );
}

/** Thumbs is what the person thinks of an answer; a second press takes it back. */
function Thumbs({ run, check }: { run: TuneRun; check: TuneCheck }) {
  const order = useRunOrder(run.name);
  const thumb = (to: number) => order.mutate((name) => api.thumbCheck(name, check.index, check.thumb === to ? 0 : to));
  return (
    <div className="flex gap-0.5">
      <IconButton
        label={`Good answer for ${check.source}`}
        aria-pressed={check.thumb > 0}
        onClick={() => thumb(1)}
        className={clsx(check.thumb > 0 && "bg-fill-strong text-good!")}
      >
        <ThumbsUp />
      </IconButton>
      <IconButton
        label={`Bad answer for ${check.source}`}
        aria-pressed={check.thumb < 0}
        onClick={() => thumb(-1)}
        className={clsx(check.thumb < 0 && "bg-fill-strong text-danger!")}
      >
        <ThumbsDown />
      </IconButton>
    </div>
  );
}

function Said({ text, right }: { text: string; right: boolean }) {
  const Mark = right ? Check : X;
  return (
    <span className="flex items-start gap-1.5">
      <Mark className={clsx("mt-0.5 size-3.5 shrink-0", right ? "text-good" : "text-danger")} aria-label={right ? "Right:" : "Wrong:"} />
      <span className="selectable line-clamp-3">{text || "–"}</span>
    </span>
  );
}
