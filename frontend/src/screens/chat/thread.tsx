import { useState } from "react";
import { Button } from "@/components/button";
import { PictureViewer } from "@/components/picture-viewer";
import { RoleAssistant, type Message, type Picture } from "@/lib/types";
import { Answer } from "./answer";
import { Question } from "./question";
import { StageLine } from "./stage-line";
import type { useConversation } from "./use-conversation";

interface ThreadProps {
  conversation: ReturnType<typeof useConversation>;
  /** Called when the person has set off an answer from within the thread. */
  onStart: () => void;
}

/** Thread is all that was said, oldest first. */
export function Thread({ conversation, onStart }: ThreadProps) {
  const { thread, running, ask, regenerate, remove } = conversation;
  const [shown, setShown] = useState<number>();
  const pictures = thread.flatMap((message) => message.pictures ?? []);
  const last = thread.at(-1);

  // The same picture may be in several questions: its place, not its id, says which one was chosen.
  const open = (message: Message, picture: Picture) => {
    const before = thread.slice(0, thread.indexOf(message)).flatMap((m) => m.pictures ?? []).length;
    setShown(before + (message.pictures ?? []).indexOf(picture));
  };
  const resend = (message: Message, text: string) => {
    onStart();
    void ask({ text, pictures: message.pictures?.map((p) => p.id), replace: message.id });
  };
  const again = (message: Message) => {
    onStart();
    void regenerate(message.id);
  };

  return (
    <div className="flex flex-col gap-4">
      {thread.map((message, i) =>
        message.role === RoleAssistant ? (
          <Answer
            key={message.id}
            answer={message}
            question={thread[i - 1]}
            running={running?.answer === message.id ? running : undefined}
            last={message === last}
            busy={running !== undefined}
            onRegenerate={() => again(message)}
            onRemove={() => remove(message)}
          />
        ) : (
          <Question
            key={message.id}
            question={message}
            busy={running !== undefined}
            replaces={i < thread.length - 2}
            onOpen={(picture) => open(message, picture)}
            onResend={(text) => resend(message, text)}
            onRemove={() => remove(message)}
          />
        ),
      )}
      {running && !running.answer && <StageLine stage={running.stage} pictures={last?.pictures?.length ?? 0} />}
      {!running && last && last.role !== RoleAssistant && (
        <p className="flex items-center gap-3 text-quiet">
          This question was not answered.
          <Button onClick={() => again(last)}>Ask again</Button>
        </p>
      )}
      <PictureViewer pictures={pictures} at={shown} onMove={setShown} />
    </div>
  );
}
