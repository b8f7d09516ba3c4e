import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Maximize2, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useStickToBottom } from "use-stick-to-bottom";
import { Button } from "@/components/button";
import { IconButton } from "@/components/icon-button";
import { PictureViewer } from "@/components/picture-viewer";
import { ProblemNote } from "@/components/problem-note";
import { Thumbnail } from "@/components/thumbnail";
import { api, problemOf } from "@/lib/api";
import { panelKey } from "@/lib/keys";
import { useEscape } from "@/lib/shortcuts";
import { PhaseFailed, type Panel, type Picture, type Problem } from "@/lib/types";
import { useModel } from "@/frame/use-model";
import { Announcer } from "@/screens/chat/announcer";
import { Composer } from "@/screens/chat/composer";
import { focusQuestion } from "@/screens/chat/focus-question";
import { Thread } from "@/screens/chat/thread";
import { useConversation } from "@/screens/chat/use-conversation";

/** PanelScreen is the compact window by the pointer: what was just taken of the screen, and a question about it. */
export function PanelScreen() {
  const { shot } = useParams({ strict: false });
  // Each picture begins anew.
  return <Shot key={shot} shot={shot ?? ""} />;
}

function Shot({ shot }: { shot: string }) {
  const panel = useQuery({ queryKey: panelKey(shot), queryFn: api.panel, staleTime: Infinity });
  const [chat, setChat] = useState<string>();
  const [stuck, setStuck] = useState<Problem>();
  const navigate = useNavigate();
  const conversation = useConversation(chat, setChat);

  const step = (name: string) => api.panelStep(name).catch((error: unknown) => setStuck(problemOf(error)));
  const open = async () => {
    await step("open");
    await navigate(chat ? { to: "/chats/$chat", params: { chat } } : { to: "/" });
  };
  useEscape(true, () => (conversation.running ? conversation.stop() : void step("close")));

  const problem = stuck ?? (panel.error ? problemOf(panel.error) : panel.data?.problem);
  return (
    <div className="flex h-full flex-col bg-page">
      <header className="moves-window beside-window-buttons flex h-10 shrink-0 items-center gap-1 border-b border-line px-2.5">
        <h1 className="grow truncate px-1 font-semibold">Ask</h1>
        <IconButton label="Open as chat" onClick={() => void open()}>
          <Maximize2 />
        </IconButton>
        <IconButton label="Close" shortcut="Esc" onClick={() => void step("close")}>
          <X />
        </IconButton>
      </header>
      <main className="flex min-h-0 grow flex-col">
        {problem ? (
          <div className="p-3">
            <ProblemNote problem={problem}>
              {!stuck && panel.data?.steps && <Steps panel={panel.data} onStep={(name) => void step(name)} />}
            </ProblemNote>
          </div>
        ) : (
          panel.data?.picture && (
            <About picture={panel.data.picture} questions={panel.data.questions} conversation={conversation} />
          )
        )}
      </main>
    </div>
  );
}

function Steps({ panel, onStep }: { panel: Panel; onStep: (name: string) => void }) {
  return (
    <div className="flex shrink-0 flex-col gap-1.5">
      {panel.steps?.map(({ do: name, label }, i) => (
        <Button key={name} look={i === 0 ? "accent" : "filled"} autoFocus={i === 0} onClick={() => onStep(name)}>
          {label}
        </Button>
      ))}
    </div>
  );
}

interface AboutProps {
  picture: Picture;
  questions: string[];
  conversation: ReturnType<typeof useConversation>;
}

function About({ picture, questions, conversation }: AboutProps) {
  const { thread, running, refused } = conversation;
  const { model } = useModel();
  const [text, setText] = useState("");
  const [shown, setShown] = useState<number>();
  const { scrollRef, contentRef, scrollToBottom } = useStickToBottom({ initial: "instant", resize: "instant" });
  useEffect(focusQuestion, []);

  const fresh = thread.length === 0 && !running;
  const ask = async (question: string) => {
    setText("");
    void scrollToBottom("instant");
    // The picture is in the first question; those that follow are about the same.
    if (!(await conversation.ask({ text: question, pictures: fresh ? [picture.id] : [] }))) setText(question);
  };
  const problem = refused ?? (model?.phase === PhaseFailed ? model.error : undefined);
  return (
    <>
      <div ref={scrollRef} className="min-h-0 grow overflow-y-auto [overflow-anchor:none] [scrollbar-width:thin]">
        <div ref={contentRef} className="flex min-h-full flex-col px-3.5 py-3">
          {fresh ? (
            <div className="m-auto flex flex-col items-center gap-3">
              <Thumbnail picture={picture} onOpen={() => setShown(0)} className="max-h-56 max-w-full" />
              <div className="flex flex-wrap justify-center gap-1.5">
                {questions.map((question) => (
                  <Button key={question} className="font-normal!" onClick={() => void ask(question)}>
                    {question}
                  </Button>
                ))}
              </div>
            </div>
          ) : (
            <Thread conversation={conversation} onStart={() => void scrollToBottom("instant")} />
          )}
        </div>
      </div>
      <div className="px-2.5 pb-2.5">
        {problem && (
          <div className="mb-2">
            <ProblemNote problem={problem} />
          </div>
        )}
        <Composer
          draft={{ text, attachments: [] }}
          placeholder={fresh ? "Ask about what you see" : "Ask a follow-up"}
          running={running !== undefined}
          vision={model?.vision ?? true}
          onWrite={setText}
          onSend={() => void ask(text.trim())}
          onStop={conversation.stop}
        />
      </div>
      <PictureViewer pictures={[picture]} at={shown} onMove={setShown} />
      <Announcer thread={thread} running={running} />
    </>
  );
}
