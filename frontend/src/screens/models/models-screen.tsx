import { ProblemNote } from "@/components/problem-note";
import { problemOf } from "@/lib/api";
import { type ModelOffer, TaskConvert, TaskDownload } from "@/lib/types";
import { Section } from "@/screens/settings/rows";
import { HubSearch } from "./hub-search";
import { ImportModel } from "./import-model";
import { ModelRow } from "./model-row";
import { OfferRow } from "./offer-row";
import { TaskRow } from "./task-row";
import { useChooseModel, useModels, useRemoveModel } from "./use-models";
import { useTasks } from "./use-tasks";

/** ModelsScreen is which models there are, which one answers, and the way to more. */
export function ModelsScreen() {
  const { data, error } = useModels();
  const { choose, choosing, refused } = useChooseModel();
  const remove = useRemoveModel();
  const { start, starting, order } = useTasks();
  const busy = (id: string) => starting === id || Boolean(data?.tasks.some((task) => task.model === id));
  const download = ({ id }: ModelOffer) => start({ kind: TaskDownload, model: id });
  return (
    <main className="min-h-0 grow overflow-y-auto [scrollbar-gutter:stable_both-edges] [scrollbar-width:thin]">
      <div className="mx-auto max-w-3xl px-6 py-6 max-sm:px-4">
        {error && <ProblemNote problem={problemOf(error)} />}
        {data && (
          <>
            {data.tasks.length > 0 && (
              <Section title="On their way">
                {data.tasks.map((task) => (
                  <TaskRow key={task.id} task={task} onOrder={(what) => order(task.id, what)} />
                ))}
              </Section>
            )}
            <Section title="On this machine">
              {data.here.map((model) => (
                <ModelRow
                  key={model.id}
                  model={model}
                  memory={data.memory_bytes}
                  loading={choosing === model.id}
                  busy={choosing !== undefined}
                  problem={refused?.id === model.id ? refused.problem : undefined}
                  onUse={() => choose(model)}
                  onRemove={() => remove.mutate(model)}
                  onConvert={busy(model.id) ? undefined : () => start({ kind: TaskConvert, model: model.id })}
                />
              ))}
              <ImportModel />
            </Section>
            <Section title="Recommended for this machine">
              {data.recommended.map((offer) => (
                <OfferRow
                  key={offer.id}
                  offer={offer}
                  memory={data.memory_bytes}
                  hub={data.hub}
                  busy={busy(offer.id)}
                  onDownload={() => download(offer)}
                />
              ))}
            </Section>
            <HubSearch models={data} busy={busy} onDownload={download} />
          </>
        )}
      </div>
    </main>
  );
}
