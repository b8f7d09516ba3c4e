import { useNavigate } from "@tanstack/react-router";
import { FolderInput, GraduationCap, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { problemOf } from "@/lib/api";
import { ImportAdapter } from "./import-adapter";
import { RunCard } from "./run-card";
import { Heading } from "./steps";
import { useTuning } from "./use-tuning";

/** TuneScreen is where fine-tuning begins: a new training, and those that were made. */
export function TuneScreen() {
  const tuning = useTuning();
  const navigate = useNavigate();
  const runs = tuning.data?.runs ?? [];
  const [importing, setImporting] = useState(false);
  const form = importing && <ImportAdapter onCancel={() => setImporting(false)} />;
  const begin = (
    <div className="flex flex-wrap gap-2">
      <Button disabled={importing} onClick={() => setImporting(true)}>
        <FolderInput className="size-3.5" />
        Import an adapter
      </Button>
      <Button look="accent" disabled={Boolean(tuning.data?.running)} onClick={() => void navigate({ to: "/tune/pictures" })}>
        <Plus className="size-3.5" />
        New training
      </Button>
    </div>
  );
  return (
    <main className="min-h-0 grow overflow-y-auto [scrollbar-gutter:stable_both-edges] [scrollbar-width:thin]">
      <div className="mx-auto flex max-w-4xl flex-col gap-5 px-6 py-6 max-sm:px-4">
        {tuning.isError && <ProblemNote problem={problemOf(tuning.error)} />}
        {tuning.isSuccess && runs.length === 0 && (
          <div className="m-auto flex max-w-lg flex-col items-center py-16 text-center">
            <GraduationCap className="mb-4 size-10 text-quiet" strokeWidth={1.25} aria-hidden />
            <h2 className="text-[20px] leading-7 font-semibold">Teach the model your pictures</h2>
            <p className="mt-1.5 mb-6 text-quiet">
              Show it a folder of pictures with the answers that you want. It learns them on this machine; nothing leaves it.
            </p>
            {form || begin}
          </div>
        )}
        {runs.length > 0 && (
          <>
            <div className="flex items-end justify-between gap-4">
              <Heading title="Trainings" />
              {begin}
            </div>
            {form}
            <ul aria-label="Trainings" className="flex flex-col gap-2">
              {runs.map((run) => (
                <li key={run.name}>
                  <RunCard run={run} />
                </li>
              ))}
            </ul>
          </>
        )}
      </div>
    </main>
  );
}
