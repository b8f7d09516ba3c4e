import { ProblemNote } from "@/components/problem-note";
import { problemOf } from "@/lib/api";
import { Section } from "@/screens/settings/rows";
import { ModelRow } from "./model-row";
import { useChooseModel, useModels, useRemoveModel } from "./use-models";

/** ModelsScreen is which models there are, and which one answers. */
export function ModelsScreen() {
  const { data, error } = useModels();
  const { choose, choosing, refused } = useChooseModel();
  const remove = useRemoveModel();
  return (
    <main className="min-h-0 grow overflow-y-auto [scrollbar-gutter:stable_both-edges] [scrollbar-width:thin]">
      <div className="mx-auto max-w-3xl px-6 py-6 max-sm:px-4">
        {error && <ProblemNote problem={problemOf(error)} />}
        {data && (
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
              />
            ))}
          </Section>
        )}
      </div>
    </main>
  );
}
