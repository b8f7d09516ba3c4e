import { Link } from "@tanstack/react-router";
import { ArrowDown } from "lucide-react";
import { useCallback, useEffect, useRef } from "react";
import { toast } from "sonner";
import { useStickToBottom } from "use-stick-to-bottom";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { useDraft } from "@/lib/drafts";
import { useEscape, useShortcut } from "@/lib/shortcuts";
import { PhaseFailed, type Problem } from "@/lib/types";
import { useModel } from "@/frame/use-model";
import { useCurrentChat } from "@/screens/chats/use-chats";
import { Announcer } from "./announcer";
import { Composer } from "./composer";
import { DropOverlay } from "./drop-overlay";
import { focusQuestion } from "./focus-question";
import { Thread } from "./thread";
import { useConversation } from "./use-conversation";
import { useFileDrop } from "./use-file-drop";
import { Welcome } from "./welcome";

const sayProblem = ({ sentence, action }: Problem) => void toast.error(sentence, { description: action });

/** ChatScreen is a conversation: what was said, and the field for the next question. */
export function ChatScreen() {
  const chat = useCurrentChat();
  // Each chat has its own scroll position and its own notes.
  return <Conversation key={chat ?? ""} chat={chat} />;
}

function Conversation({ chat }: { chat: string | undefined }) {
  const conversation = useConversation(chat);
  const { thread, running, refused } = conversation;
  const { draft, write, attach, remove, take, restore } = useDraft(chat ?? "", sayProblem);
  const { model } = useModel();
  const { scrollRef, contentRef, isAtBottom, scrollToBottom } = useStickToBottom({ initial: "instant", resize: "instant" });
  const picker = useRef<HTMLInputElement>(null);

  const pick = useCallback(() => picker.current?.click(), []);
  const dropping = useFileDrop((files) => {
    void attach(files);
    focusQuestion();
  });
  useEffect(() => {
    // Unless the person is busy in the list.
    if (document.activeElement === document.body) focusQuestion();
  }, []);
  useShortcut("o", pick);
  useEscape(running !== undefined, conversation.stop);

  const send = async () => {
    const taken = take();
    const pictures = taken.attachments.flatMap((a) => a.picture?.id ?? []);
    void scrollToBottom("instant");
    if (!(await conversation.ask({ text: taken.text.trim(), pictures }))) restore(taken);
  };

  const failed = model?.phase === PhaseFailed && model.error;
  const problem = refused || failed;
  const fresh = !chat || (thread.length === 0 && !conversation.loading && !conversation.problem);
  return (
    <main className="relative flex min-h-0 grow flex-col">
      <div ref={scrollRef} className="min-h-0 grow overflow-y-auto [overflow-anchor:none] [scrollbar-gutter:stable_both-edges] [scrollbar-width:thin]">
        <div ref={contentRef} className="mx-auto flex min-h-full max-w-3xl flex-col px-6 pt-6 pb-5 max-sm:px-4">
          {conversation.problem && <ProblemNote problem={conversation.problem} />}
          {fresh && !running ? (
            <Welcome busy={draft.attachments.length > 0} onAsk={(question) => void conversation.ask(question)} />
          ) : (
            <Thread conversation={conversation} onStart={() => void scrollToBottom("instant")} />
          )}
        </div>
      </div>
      <div className="relative mx-auto w-full max-w-3xl px-4 pb-4">
        {!isAtBottom && !fresh && (
          <Button
            className="appear absolute bottom-full left-1/2 mb-2 -translate-x-1/2 rounded-full bg-raised! shadow-float"
            onClick={() => void scrollToBottom()}
          >
            <ArrowDown className="size-3.5" />
            Jump to latest
          </Button>
        )}
        {problem && (
          <div className="mb-2">
            <ProblemNote problem={problem}>
              {!refused && (
                <Button asChild>
                  <Link to="/models" draggable={false}>
                    Choose a model
                  </Link>
                </Button>
              )}
            </ProblemNote>
          </div>
        )}
        <Composer
          draft={draft}
          running={running !== undefined}
          vision={model?.vision ?? true}
          onWrite={write}
          onPick={pick}
          onRemove={remove}
          onSend={() => void send()}
          onStop={conversation.stop}
        />
        <input
          ref={picker}
          type="file"
          accept="image/*"
          multiple
          hidden
          aria-label="Pictures"
          onChange={(event) => {
            void attach([...(event.target.files ?? [])]);
            event.target.value = "";
          }}
        />
      </div>
      {dropping && <DropOverlay />}
      <Announcer thread={thread} running={running} />
    </main>
  );
}
