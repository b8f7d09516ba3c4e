import { clsx } from "clsx";
import { RotateCcw, Trash2 } from "lucide-react";
import { memo } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { IconButton } from "@/components/icon-button";
import { Markdown } from "@/components/markdown";
import { ProblemNote } from "@/components/problem-note";
import type { Running } from "@/lib/answers";
import { type Message, StageSlow } from "@/lib/types";
import { Details } from "./details";
import { StageLine } from "./stage-line";

interface AnswerProps {
  answer: Message;
  question: Message | undefined;
  /** Set while this answer is being written. */
  running: Running | undefined;
  last: boolean;
  /** Some answer of the chat is being written. */
  busy: boolean;
  onRegenerate: () => void;
  onRemove: () => void;
}

// Problems that may be gone at the next try; the rest say what else to do.
const retried = new Set(["internal", "stopped", "broken_off", "interrupted"]);

/** Answer is what the model said, what went wrong with it, and how it came about. */
export const Answer = memo(
  function Answer({ answer, question, running, last, busy, onRegenerate, onRemove }: AnswerProps) {
    const { text, problem, stopped, stats } = answer;
    const pictures = question?.pictures ?? [];
    return (
      <article aria-label="Answer" aria-busy={running !== undefined} className="group">
        {text && <Markdown text={text} growing={running !== undefined} />}
        {running && (!text || running.stage === StageSlow) && <StageLine stage={running.stage} pictures={pictures.length} />}
        {problem && (
          <ProblemNote problem={problem}>
            {last && retried.has(problem.code) && (
              <Button onClick={onRegenerate} disabled={busy}>
                Try again
              </Button>
            )}
          </ProblemNote>
        )}
        {stopped && <p className="mt-2 text-small text-quiet">You stopped this answer.</p>}
        {stats?.finish_reason === "length" && (
          <p className="mt-2 text-small text-quiet">The answer reached its greatest length.</p>
        )}
        {/* The row has its height while words still come, so that the end moves nothing. */}
        <footer
          className={clsx(
            "mt-1 -ml-1.5 flex min-h-6 flex-wrap items-center gap-0.5 transition-opacity",
            running && "invisible",
            !last && "opacity-0 group-focus-within:opacity-100 group-hover:opacity-100",
          )}
        >
          {text && <CopyButton text={text} label="Copy answer" />}
          {last && (
            <IconButton small label="Answer again" disabled={busy} onClick={onRegenerate}>
              <RotateCcw />
            </IconButton>
          )}
          <IconButton small label="Delete answer" disabled={busy} onClick={onRemove}>
            <Trash2 />
          </IconButton>
          {stats && <Details stats={stats} pictures={pictures} />}
        </footer>
      </article>
    );
  },
  // The actions do the same on every render; only what is shown counts.
  (a, b) =>
    a.answer === b.answer && a.question === b.question && a.running === b.running && a.last === b.last && a.busy === b.busy,
);
