import { ChevronRight, Trash2 } from "lucide-react";
import { AlertDialog, Collapsible } from "radix-ui";
import { Button } from "@/components/button";
import { Confirm } from "@/components/confirm";
import { IconButton } from "@/components/icon-button";
import { bytes, count } from "@/lib/amounts";
import { inWords } from "@/lib/api";
import { FitNot, type LocalModel, ModelBuiltin, ModelCached, ModelFolder, type Problem } from "@/lib/types";
import { facts, fitWords } from "./facts";

interface ModelRowProps {
  model: LocalModel;
  /** The memory of this machine. */
  memory: number;
  /** It is being loaded. */
  loading: boolean;
  /** Another one is. */
  busy: boolean;
  /** Why it could not be used. */
  problem?: Problem;
  onUse: () => void;
  onRemove: () => void;
  /** Missing while a task is about it. */
  onConvert?: () => void;
}

/** ModelRow is a model of this machine: what it can do, whether it fits, and the way to use or remove it. */
export function ModelRow({ model, memory, loading, busy, problem, onUse, onRemove, onConvert }: ModelRowProps) {
  const fit = fitWords(model.fit, model.memory_bytes ?? 0, memory);
  const wrong = problem ?? model.problem;
  return (
    <Collapsible.Root className="px-3.5 py-2.5">
      <div className="flex items-center gap-3 max-sm:flex-wrap">
        <div className="min-w-0 grow max-sm:basis-full">
          <h3 className="selectable truncate font-medium">{model.name}</h3>
          <p className="text-quiet">
            {model.problem ? bytes(model.bytes) : facts(model)}
            {fit && (
              <>
                {" · "}
                <span className={fit.colour} title={fit.says}>
                  {fit.word}
                </span>
              </>
            )}
          </p>
        </div>
        <Collapsible.Trigger className="group flex h-7 items-center gap-1 rounded-md px-2 text-quiet hover:bg-fill" aria-label={`Details of ${model.name}`}>
          <ChevronRight className="size-3.5 transition-transform group-data-[state=open]:rotate-90" aria-hidden />
          Details
        </Collapsible.Trigger>
        {model.kind !== ModelBuiltin && <Remove model={model} onRemove={onRemove} />}
        {model.in_use && !loading ? (
          <span className="w-20 text-center text-quiet">In use</span>
        ) : (
          <Button
            className="w-20"
            aria-label={`Use ${model.name}`}
            disabled={loading || busy || Boolean(model.problem) || model.fit === FitNot}
            onClick={onUse}
          >
            {loading ? "Loading…" : "Use"}
          </Button>
        )}
      </div>
      {wrong && (
        <p role={problem && "alert"} className="selectable mt-1 text-danger">
          {inWords(wrong)}
        </p>
      )}
      <Collapsible.Content>
        <Details model={model} fit={fit?.says} />
        {whole(model) && (
          <Button className="mt-2" disabled={!onConvert} onClick={onConvert}>
            Convert to 4 Bits
          </Button>
        )}
      </Collapsible.Content>
    </Collapsible.Root>
  );
}

/** whole tells whether a model's weights can be rounded: the built-in one belongs with its adapter, and others are rounded already. */
const whole = ({ kind, stored, problem }: LocalModel) => kind !== ModelBuiltin && !problem && Boolean(stored) && !/-bit/.test(stored ?? "");

function Details({ model, fit }: { model: LocalModel; fit?: string }) {
  const lines: [string, string | undefined][] = [
    ["Memory", fit],
    ["Architecture", model.architecture],
    ["Weights", model.stored],
    ["Context", model.context ? count(model.context, "token") : undefined],
    ["Folder", model.folder],
  ];
  return (
    <dl className="selectable mt-2 grid grid-cols-[max-content_1fr] gap-x-4 gap-y-0.5">
      {lines.map(
        ([what, says]) =>
          says && (
            <div key={what} className="contents">
              <dt className="text-quiet">{what}</dt>
              <dd className="min-w-0 wrap-anywhere">{says}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Remove({ model, onRemove }: { model: LocalModel; onRemove: () => void }) {
  const listed = model.kind === ModelFolder;
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>
        <IconButton label={`Remove ${model.name}`} disabled={model.in_use}>
          <Trash2 />
        </IconButton>
      </AlertDialog.Trigger>
      <Confirm title={`Remove ${model.name}?`} action="Remove" look={listed ? "accent" : "danger"} onConfirm={onRemove}>
        {listed
          ? "Its folder stays where it is; Sightglass only stops listing it."
          : `That frees ${bytes(model.bytes)}.${model.kind === ModelCached ? " Other programs that use the Hugging Face cache will miss it, too." : ""}`}
      </Confirm>
    </AlertDialog.Root>
  );
}
