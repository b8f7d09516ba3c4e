import { Link } from "@tanstack/react-router";
import { Button } from "@/components/button";
import { useModel } from "@/frame/use-model";
import type { Settings, SetSettings } from "@/lib/types";
import { Choice, Row, Section } from "./rows";

const rests = [
  [0, "Never"],
  [5, "After 5 minutes"],
  [15, "After 15 minutes"],
  [60, "After an hour"],
] as const;

/** ModelSection is which model answers, and how long it stays loaded. */
export function ModelSection({ settings, set }: { settings: Settings; set: (to: SetSettings) => void }) {
  const { model } = useModel();
  return (
    <Section title="Model">
      <Row label={model?.name ?? "Model"} hint="Answers your questions.">
        <Button asChild>
          <Link to="/models" draggable={false}>
            Choose…
          </Link>
        </Button>
      </Row>
      <Choice
        label="Unload it"
        hint="Frees its memory while nobody asks. The next question loads it again."
        value={settings.unload_after}
        options={rests}
        onChange={(unload_after) => set({ unload_after })}
      />
    </Section>
  );
}
