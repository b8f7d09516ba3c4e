import { Switch } from "radix-ui";
import { type ReactNode, useId } from "react";

/** Section is a titled group of settings. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="mt-6 first:mt-0" aria-labelledby={id}>
      <h2 id={id} className="px-1 pb-1.5 font-semibold">
        {title}
      </h2>
      <div className="divide-y divide-line rounded-xl border border-line bg-raised">{children}</div>
    </section>
  );
}

interface RowProps {
  label: string;
  hint?: ReactNode;
  /** The id of the control that the label is for. */
  id?: string;
  children: ReactNode;
}

/** Row is a setting: what it is, and the control for it. */
export function Row({ label, hint, id, children }: RowProps) {
  const Name = id ? "label" : "p";
  return (
    <div className="flex min-h-11 items-center gap-4 px-3.5 py-2">
      <div className="min-w-0 grow">
        <Name htmlFor={id}>{label}</Name>
        {hint && <p className="selectable text-small text-quiet">{hint}</p>}
      </div>
      <div className="flex shrink-0 items-center gap-2">{children}</div>
    </div>
  );
}

interface ChoiceProps<T extends string | number> {
  label: string;
  hint?: string;
  value: T;
  options: readonly (readonly [T, string])[];
  disabled?: boolean;
  onChange: (to: T) => void;
}

/** Choice is a setting with a few values. */
export function Choice<T extends string | number>({ label, hint, value, options, disabled, onChange }: ChoiceProps<T>) {
  const id = useId();
  return (
    <Row label={label} hint={hint} id={id}>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={(event) => {
          const chosen = options.find(([option]) => String(option) === event.target.value);
          if (chosen) onChange(chosen[0]);
        }}
        className="h-7 rounded-md bg-fill px-2 disabled:opacity-45"
      >
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </Row>
  );
}

/** Toggle is a setting that is on or off. */
export function Toggle({ label, hint, on, onChange }: { label: string; hint?: string; on: boolean; onChange: (on: boolean) => void }) {
  const id = useId();
  return (
    <Row label={label} hint={hint} id={id}>
      <Switch.Root
        id={id}
        checked={on}
        onCheckedChange={onChange}
        className="h-5 w-8.5 rounded-full bg-quiet/50 p-0.5 transition-colors data-[state=checked]:bg-accent"
      >
        <Switch.Thumb className="block size-4 rounded-full bg-white shadow-sm transition-transform data-[state=checked]:translate-x-3.5" />
      </Switch.Root>
    </Row>
  );
}
