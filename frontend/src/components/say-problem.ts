import { toast } from "sonner";
import { problemOf } from "@/lib/api";

/** sayProblem shows what went wrong as a short message. */
export function sayProblem(error: unknown) {
  const { sentence, action } = problemOf(error);
  toast.error(sentence, { description: action });
}
