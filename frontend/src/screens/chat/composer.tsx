import { ArrowUp, ImagePlus, Square, X } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/icon-button";
import { PictureViewer } from "@/components/picture-viewer";
import { TextArea } from "@/components/text-area";
import { Thumbnail } from "@/components/thumbnail";
import type { Attachment, Draft } from "@/lib/drafts";
import { keys } from "@/lib/shortcuts";

interface ComposerProps {
  draft: Draft;
  /** An answer is being written: the button stops it. */
  running: boolean;
  /** The model reads pictures. */
  vision: boolean;
  placeholder?: string;
  onWrite: (text: string) => void;
  /** Chooses pictures to add; without it there is no button for that. */
  onPick?: () => void;
  onRemove?: (key: string) => void;
  onSend: () => void;
  onStop: () => void;
}

/** Composer is the field for the next question and its pictures. */
export function Composer(props: ComposerProps) {
  const { draft, running, vision, placeholder, onWrite, onPick, onRemove, onSend, onStop } = props;
  const stored = draft.attachments.every((a) => a.picture);
  const ready = !running && stored && (draft.text.trim() !== "" || draft.attachments.length > 0);
  return (
    <div className="rounded-2xl border border-line bg-raised p-2 shadow-sm transition-colors focus-within:border-quiet/70">
      {draft.attachments.length > 0 && onRemove && <Attachments attachments={draft.attachments} onRemove={onRemove} />}
      <div className="flex items-end gap-1.5">
        {onPick && (
          <IconButton label="Add pictures" shortcut={keys("O")} disabled={!vision} onClick={onPick}>
            <ImagePlus />
          </IconButton>
        )}
        <TextArea
          id="question"
          aria-label="Question"
          placeholder={placeholder ?? (draft.attachments.length > 0 ? "Ask about what you see" : "Ask a question, or drop a picture")}
          value={draft.text}
          onChange={(event) => onWrite(event.target.value)}
          onEnter={() => ready && onSend()}
          className="px-1 py-[3px]"
        />
        {running ? (
          <IconButton label="Stop" shortcut="Esc" className="bg-fill-strong text-ink!" onClick={onStop}>
            <Square className="size-3! fill-current" />
          </IconButton>
        ) : (
          <IconButton
            label="Send"
            shortcut="Enter"
            disabled={!ready}
            onClick={onSend}
            className="rounded-full! bg-accent text-accent-ink! hover:brightness-110"
          >
            <ArrowUp strokeWidth={2.5} />
          </IconButton>
        )}
      </div>
    </div>
  );
}

function Attachments({ attachments, onRemove }: { attachments: Attachment[]; onRemove: (key: string) => void }) {
  const [shown, setShown] = useState<number>();
  const pictures = attachments.flatMap((a) => a.picture ?? []);
  return (
    <ul aria-label="Pictures of the question" className="flex flex-wrap gap-2 px-1 pt-1 pb-2.5">
      {attachments.map(({ key, name, picture }) => (
        <li key={key} className="group relative size-16">
          {picture ? (
            <Thumbnail picture={picture} className="size-full" onOpen={() => setShown(pictures.indexOf(picture))} />
          ) : (
            <output
              aria-label={`Storing ${name}`}
              className="block size-full animate-[breathe_1.2s_ease-in-out_infinite] rounded-lg bg-fill-strong"
            />
          )}
          <button
            type="button"
            aria-label={`Remove ${name}`}
            onClick={() => onRemove(key)}
            className="absolute -top-1.5 -right-1.5 flex size-5 items-center justify-center rounded-full bg-ink text-page ring-2 ring-raised hover:opacity-85"
          >
            <X className="size-3" strokeWidth={2.5} />
          </button>
        </li>
      ))}
      <PictureViewer pictures={pictures} at={shown} onMove={setShown} />
    </ul>
  );
}
