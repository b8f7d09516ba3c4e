import { useState } from "react";
import type { Running } from "@/lib/answers";
import { RoleAssistant, type Message } from "@/lib/types";
import { stageWords } from "./stage";

/** Announcer tells screen readers what the model is doing, and then the whole answer, once. */
export function Announcer({ thread, running }: { thread: Message[]; running: Running | undefined }) {
  const [began, setBegan] = useState(false);
  if (running && !began) setBegan(true);
  const last = thread.at(-1);
  const pictures = thread.findLast((m) => m.role !== RoleAssistant)?.pictures?.length ?? 0;
  // An answer of an earlier day is read by the person, not aloud by itself.
  const answer = began && last?.role === RoleAssistant && last.text;
  return (
    <div aria-live="polite" className="sr-only">
      {running ? stageWords(running.stage, pictures) : answer}
    </div>
  );
}
