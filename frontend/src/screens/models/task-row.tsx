import { Pause, Play, X } from "lucide-react";
import { AlertDialog } from "radix-ui";
import { Confirm } from "@/components/confirm";
import { IconButton } from "@/components/icon-button";
import { bytes, duration } from "@/lib/amounts";
import { inWords } from "@/lib/api";
import { type ModelTask, TaskConvert, TaskFailed, TaskPaused, TaskRunning } from "@/lib/types";

/** TaskRow is a download or a conversion on its way, and the orders that it takes. */
export function TaskRow({ task, onOrder }: { task: ModelTask; onOrder: (what: "pause" | "resume" | "cancel") => void }) {
  const { kind, name, phase, done_bytes, total_bytes, problem } = task;
  const share = total_bytes > 0 ? Math.min(100, Math.floor((100 * done_bytes) / total_bytes)) : 0;
  const stopped = phase === TaskPaused || phase === TaskFailed;
  return (
    <div className="px-3.5 py-2.5">
      <div className="flex items-center gap-1">
        <h3 className="selectable min-w-0 grow truncate font-medium">{kind === TaskConvert ? `${name}, to 4 bits` : name}</h3>
        {stopped ? (
          <IconButton label={phase === TaskFailed ? `Try ${name} again` : `Go on with ${name}`} onClick={() => onOrder("resume")}>
            <Play />
          </IconButton>
        ) : (
          kind !== TaskConvert && (
            <IconButton label={`Pause ${name}`} onClick={() => onOrder("pause")}>
              <Pause />
            </IconButton>
          )
        )}
        <Cancel task={task} onConfirm={() => onOrder("cancel")} />
      </div>
      <div
        role="progressbar"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={share}
        className="my-1.5 h-1 overflow-hidden rounded-full bg-fill-strong"
      >
        <div className={stopped ? "h-full bg-quiet" : "h-full bg-accent"} style={{ width: `${share}%` }} />
      </div>
      {problem ? (
        <p role="alert" className="selectable text-danger">
          {inWords(problem)}
        </p>
      ) : (
        <p className="text-quiet tabular-nums">{words(task)}</p>
      )}
    </div>
  );
}

/** words says how far a task is. */
export function words({ phase, done_bytes, total_bytes, bytes_per_s }: ModelTask): string {
  const far = total_bytes > 0 ? `${bytes(done_bytes)} of ${bytes(total_bytes)}` : "";
  if (phase === TaskPaused) return far ? `Paused at ${far}` : "Paused";
  if (phase !== TaskRunning) return "Waits for the one before";
  if (!far) return "Begins";
  if (done_bytes >= total_bytes) return `${far} · Checking`;
  if (!bytes_per_s) return far;
  return `${far} · ${bytes(bytes_per_s)}/s · ${duration((1000 * (total_bytes - done_bytes)) / bytes_per_s)} left`;
}

function Cancel({ task: { kind, name, done_bytes }, onConfirm }: { task: ModelTask; onConfirm: () => void }) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>
        <IconButton label={`Cancel ${name}`}>
          <X />
        </IconButton>
      </AlertDialog.Trigger>
      <Confirm title={`Cancel ${name}?`} action={kind === TaskConvert ? "Cancel Conversion" : "Cancel Download"} look="danger" onConfirm={onConfirm}>
        {kind === TaskConvert ? "The model that is converted stays." : `What came of it is removed: ${bytes(done_bytes)}.`}
      </Confirm>
    </AlertDialog.Root>
  );
}
