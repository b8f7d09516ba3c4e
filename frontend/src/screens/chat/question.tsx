import { Pencil, Trash2 } from "lucide-react";
import { memo, useState } from "react";
import { CopyButton } from "@/components/copy-button";
import { IconButton } from "@/components/icon-button";
import { Thumbnail } from "@/components/thumbnail";
import type { Message, Picture } from "@/lib/types";
import { QuestionEditor } from "./question-editor";

interface QuestionProps {
  question: Message;
  /** Some answer of the chat is being written. */
  busy: boolean;
  /** Sending it anew takes the place of later questions. */
  replaces: boolean;
  onOpen: (picture: Picture) => void;
  onResend: (text: string) => void;
  onRemove: () => void;
}

/** Question is what the person asked, with its pictures. */
export const Question = memo(
  function Question({ question, busy, replaces, onOpen, onResend, onRemove }: QuestionProps) {
    const [editing, setEditing] = useState(false);
    const pictures = question.pictures ?? [];
    return (
      <article aria-label="Question" className="group flex flex-col items-end">
        {pictures.length > 0 && (
          <div className="mb-1.5 flex flex-wrap justify-end gap-1.5">
            {pictures.map((picture, i) => (
              <Thumbnail
                key={`${picture.id} ${i}`}
                picture={picture}
                onOpen={() => onOpen(picture)}
                className={pictures.length === 1 ? "h-40 max-w-full min-w-24" : "size-28"}
              />
            ))}
          </div>
        )}
        {editing ? (
          <QuestionEditor
            text={question.text}
            replaces={replaces}
            onCancel={() => setEditing(false)}
            onSend={(text) => {
              setEditing(false);
              onResend(text);
            }}
          />
        ) : (
          <div className="flex w-full items-end justify-end gap-1.5">
            <footer className="flex h-8 items-center gap-0.5 opacity-0 transition-opacity group-focus-within:opacity-100 group-hover:opacity-100">
              {question.text && <CopyButton text={question.text} label="Copy question" />}
              <IconButton small label="Edit question" disabled={busy} onClick={() => setEditing(true)}>
                <Pencil />
              </IconButton>
              <IconButton small label="Delete question and answer" disabled={busy} onClick={onRemove}>
                <Trash2 />
              </IconButton>
            </footer>
            {question.text && (
              <p className="selectable max-w-[78%] rounded-2xl bg-fill-strong px-3.5 py-2 text-body wrap-anywhere whitespace-pre-wrap">
                {question.text}
              </p>
            )}
          </div>
        )}
      </article>
    );
  },
  // The actions do the same on every render; only what is shown counts.
  (a, b) => a.question === b.question && a.busy === b.busy && a.replaces === b.replaces,
);
