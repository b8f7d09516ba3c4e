import { clsx } from "clsx";
import { Check } from "lucide-react";
import type { ReactNode } from "react";

const steps = ["Pictures", "Goal", "Train", "Compare", "Keep"] as const;

export type Step = (typeof steps)[number];

interface StepsProps {
  current: Step;
  /** Where one can go from here; others are only shown. */
  open: Partial<Record<Step, () => void>>;
  children: ReactNode;
}

/** Steps is the frame of the wizard: its five steps, and the one that is shown. */
export function Steps({ current, open, children }: StepsProps) {
  const at = steps.indexOf(current);
  return (
    <main className="flex min-h-0 grow flex-col">
      <nav aria-label="Steps" className="shrink-0 border-b border-line px-6 py-2 max-sm:px-3">
        <ol className="mx-auto flex max-w-4xl items-center gap-1 max-sm:justify-between">
          {steps.map((step, i) => (
            <li key={step}>
              <button
                type="button"
                aria-current={step === current ? "step" : undefined}
                disabled={step !== current && !open[step]}
                onClick={open[step]}
                className={clsx(
                  "flex h-7 items-center gap-1.5 rounded-md px-2.5 max-sm:px-1.5",
                  step === current ? "font-semibold" : "text-quiet enabled:hover:bg-fill disabled:opacity-60",
                )}
              >
                <span
                  aria-hidden
                  className={clsx(
                    "flex size-4.5 items-center justify-center rounded-full text-small",
                    step === current ? "bg-accent text-accent-ink" : "bg-fill-strong",
                  )}
                >
                  {i < at ? <Check className="size-3" /> : i + 1}
                </span>
                {step}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div className="min-h-0 grow overflow-y-auto [scrollbar-gutter:stable_both-edges] [scrollbar-width:thin]">
        <div className="mx-auto flex max-w-4xl flex-col gap-5 px-6 py-6 max-sm:px-4">{children}</div>
      </div>
    </main>
  );
}

/** Heading is the title of a step and what it is for. */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header>
      <h2 className="text-[20px] leading-7 font-semibold">{title}</h2>
      {children && <p className="mt-1 max-w-2xl text-quiet">{children}</p>}
    </header>
  );
}
