import type { ReactNode } from "react";
import { inWords } from "@/lib/api";
import type { Problem } from "@/lib/types";

/** FieldNote stands below the field that it describes by its id: what is wrong with what was written, or else a hint. */
export function FieldNote({ id, problem, children }: { id: string; problem?: Problem; children: ReactNode }) {
  return problem ? (
    <p id={id} role="alert" className="selectable mt-1.5 text-danger">
      {inWords(problem)}
    </p>
  ) : (
    <p id={id} className="mt-1.5 text-quiet">
      {children}
    </p>
  );
}
