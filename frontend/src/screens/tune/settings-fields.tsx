import { ChevronRight } from "lucide-react";
import { Collapsible } from "radix-ui";
import type { TuneSettings } from "@/lib/types";

interface SettingsFieldsProps {
  settings: TuneSettings;
  onChange: (to: TuneSettings) => void;
}

interface Field {
  key: Exclude<keyof TuneSettings, "method">;
  label: string;
  hint: string;
  step: number;
  min: number;
  max: number;
}

const fields: Field[] = [
  { key: "passes", label: "Passes", hint: "times through all examples", step: 1, min: 1, max: 1000 },
  { key: "steps", label: "Steps", hint: "0: as the passes say", step: 1, min: 0, max: 1e6 },
  { key: "layers", label: "Layers", hint: "the last ones; 0: all", step: 1, min: 0, max: 1000 },
  { key: "rank", label: "Rank", hint: "size of the adapter", step: 1, min: 1, max: 1024 },
  { key: "lr", label: "Learning rate", hint: "how far each step goes", step: 0.0001, min: 0.000001, max: 1 },
  { key: "validation", label: "Kept apart", hint: "share to check with, unless the data has some", step: 0.05, min: 0, max: 0.9 },
];

/** SettingsFields are the details behind a goal, for those who want them. */
export function SettingsFields({ settings, onChange }: SettingsFieldsProps) {
  return (
    <Collapsible.Root>
      <Collapsible.Trigger className="group flex h-7 items-center gap-1 rounded-md px-1 font-medium text-quiet hover:text-ink">
        <ChevronRight className="size-3.5 transition-transform group-data-[state=open]:rotate-90" aria-hidden />
        Details
      </Collapsible.Trigger>
      <Collapsible.Content className="grid grid-cols-3 gap-x-4 gap-y-3 pt-2 max-sm:grid-cols-2">
        <label className="flex flex-col gap-1">
          <span className="font-medium">Method</span>
          <select
            value={settings.method}
            onChange={(event) => onChange({ ...settings, method: event.target.value })}
            className="h-7 rounded-md bg-fill px-2"
          >
            <option value="lora">LoRA</option>
            <option value="dora">DoRA</option>
          </select>
          <span className="text-small text-quiet">LoRA is faster</span>
        </label>
        {fields.map(({ key, label, hint, ...bounds }) => (
          <label key={key} className="flex flex-col gap-1">
            <span className="font-medium">{label}</span>
            <input
              type="number"
              {...bounds}
              step="any"
              value={settings[key]}
              onChange={(event) => onChange({ ...settings, [key]: event.target.valueAsNumber || 0 })}
              className="selectable h-7 rounded-md bg-fill px-2.5"
            />
            <span className="text-small text-quiet">{hint}</span>
          </label>
        ))}
      </Collapsible.Content>
    </Collapsible.Root>
  );
}
