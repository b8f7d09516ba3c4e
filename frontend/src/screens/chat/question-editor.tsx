import { useState } from "react";
import { Button } from "@/components/button";
import { TextArea } from "@/components/text-area";

interface QuestionEditorProps {
  text: string;
  /** Later questions give way. */
  replaces: boolean;
  onCancel: () => void;
  onSend: (text: string) => void;
}

/** QuestionEditor changes a question in its place: Enter sends it, Esc leaves it as it was. */
export function QuestionEditor({ text, replaces, onCancel, onSend }: QuestionEditorProps) {
  const [edited, setEdited] = useState(text);
  const ready = edited.trim() !== "";
  const send = () => ready && onSend(edited.trim());
  return (
    <div className="w-full rounded-2xl border border-line bg-page p-3">
      <TextArea
        autoFocus
        aria-label="Edit the question"
        value={edited}
        onChange={(event) => setEdited(event.target.value)}
        onEnter={send}
        onEscape={onCancel}
      />
      <div className="mt-2 flex items-center justify-end gap-2">
        {replaces && <p className="grow text-small text-quiet">What was said after it will be replaced.</p>}
        <Button onClick={onCancel}>Cancel</Button>
        <Button look="accent" disabled={!ready} onClick={send}>
          Send
        </Button>
      </div>
    </div>
  );
}
