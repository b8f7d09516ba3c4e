import { Link } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";
import { IconButton } from "@/components/icon-button";
import { api } from "@/lib/api";
import { TuneFinished, type TuneRun } from "@/lib/types";
import { Spark } from "./curves";
import { busy, phaseWord, useRunOrder } from "./use-tuning";

/** RunCard is one training of the list, with its curve. */
export function RunCard({ run }: { run: TuneRun }) {
  const order = useRunOrder(run.name);
  const to = run.imported ? "/tune/runs/$run/keep" : run.phase === TuneFinished && run.tuned ? "/tune/runs/$run/compare" : "/tune/runs/$run/train";
  return (
    <div className="group relative flex items-center gap-4 rounded-lg bg-fill px-4 py-3 hover:bg-fill-strong">
      <div className="min-w-0 grow">
        <Link
          to={to}
          params={{ run: run.name }}
          draggable={false}
          className="block truncate font-semibold after:absolute after:inset-0 after:rounded-lg"
        >
          {run.name}
        </Link>
        <p className="truncate text-quiet">
          {[run.fits ? phaseWord(run) : "Made for another model", score(run), run.note].filter(Boolean).join(" · ")}
        </p>
      </div>
      {!run.imported && <Spark losses={run.losses} />}
      <IconButton
        label={`Delete ${run.name}`}
        className="relative"
        disabled={busy(run.phase) || order.isPending}
        onClick={() => {
          if (window.confirm(`Delete “${run.name}” for good?`)) order.mutate(api.deleteRun);
        }}
      >
        <Trash2 />
      </IconButton>
    </div>
  );
}

function score({ base, tuned, checks }: TuneRun): string {
  if (!base || !tuned) return "";
  return `${tuned.exact} of ${checks.length} right, ${base.exact} before`;
}
