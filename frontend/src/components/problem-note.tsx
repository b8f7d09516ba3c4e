import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Problem } from "@/lib/types";

/** ProblemNote says what went wrong in one sentence, with one action: a button, or else the problem's own hint. */
export function ProblemNote({ problem, children }: { problem: Problem; children?: ReactNode }) {
  return (
    <div role="alert" className="flex min-h-11 items-center gap-2.5 rounded-lg bg-fill px-3 py-2">
      <TriangleAlert className="size-4 shrink-0 text-warning" aria-hidden />
      <p className="selectable min-w-0 grow">
        {problem.sentence}
        {!children && problem.action && <span className="text-quiet"> {problem.action}</span>}
      </p>
      {children}
    </div>
  );
}
