import { useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import { clsx } from "clsx";
import { type ReactNode, useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { api } from "@/lib/api";
import { settingsKey } from "@/lib/keys";
import { useEscape } from "@/lib/shortcuts";
import { SamplePicture } from "@/screens/chat/sample-picture";
import { useConversation } from "@/screens/chat/use-conversation";
import { ShortcutField } from "@/screens/settings/shortcut-field";
import { useSettings } from "@/screens/settings/use-settings";
import { LookStep } from "./look-step";

const focus = (element: HTMLElement | null) => element?.focus();

/** WelcomeScreen is shown once: what the app does, its shortcut and what it needs for it, and a picture to try. */
export function WelcomeScreen() {
  const { settings, set } = useSettings();
  const [at, setAt] = useState(0);
  const navigate = useNavigate();
  const cache = useQueryClient();

  const end = async () => {
    // Even if this is not stored, the person has seen it.
    const kept = await api.setSettings({ welcomed: true }).catch(() => settings && { ...settings, welcomed: true });
    cache.setQueryData(settingsKey, kept);
  };
  const conversation = useConversation(undefined, (chat) => {
    void navigate({ to: "/chats/$chat", params: { chat } }).then(end);
  });
  useEscape(true, () => void end());
  if (!settings) return <main className="grow" />;

  const steps: { title: string; body: ReactNode }[] = [
    {
      title: "Ask about what you see",
      body: (
        <p>
          Select a part of the screen, or drop a picture, and ask. A model that runs on this machine answers. Your pictures, questions and answers stay
          here: there is no account, and no network is needed.
        </p>
      ),
    },
    {
      title: settings.native ? "One shortcut from anywhere" : "Drop, paste or choose",
      body: settings.native ? (
        <>
          <p>Press it, select a part of the screen, and ask in the small panel that opens.</p>
          <div className="mt-4 divide-y divide-line rounded-xl border border-line bg-raised text-left text-base text-ink">
            <ShortcutField shortcut={settings.shortcut ?? ""} onChange={(shortcut) => set({ shortcut })} />
            <LookStep access={settings.access} />
          </div>
        </>
      ) : (
        <p>Drop a screenshot or a photo anywhere in this window, paste one from the clipboard, or choose a file. In its own window Sightglass has a shortcut, too.</p>
      ),
    },
    {
      title: "Try it",
      body: (
        <>
          <SamplePicture says="Ask one of these; the answer opens in a chat." onAsk={(question) => void conversation.ask(question)} />
          {conversation.refused && <ProblemNote problem={conversation.refused} />}
        </>
      ),
    },
  ];
  const last = at === steps.length - 1;
  return (
    <main className="flex min-h-0 grow flex-col overflow-y-auto [scrollbar-width:thin]">
      <div className="m-auto flex w-full max-w-lg flex-col items-center px-6 py-8 text-center text-body">
        <p className="sr-only" role="status">
          Step {at + 1} of {steps.length}
        </p>
        <h2 key={at} ref={focus} tabIndex={-1} className="text-[20px] leading-7 font-semibold outline-none">
          {steps[at]?.title}
        </h2>
        {/* One height for all steps, so that the buttons stay where they are. */}
        <div className="mt-2.5 min-h-80 w-full text-balance text-quiet">{steps[at]?.body}</div>
        <div aria-hidden className="flex gap-1.5">
          {steps.map(({ title }, i) => (
            <span key={title} className={clsx("size-1.5 rounded-full", i === at ? "bg-accent" : "bg-quiet/40")} />
          ))}
        </div>
        <div className="mt-5 flex w-full items-center justify-between">
          {at === 0 ? (
            <Button look="plain" onClick={() => void end()}>
              Skip
            </Button>
          ) : (
            <Button look="plain" onClick={() => setAt(at - 1)}>
              Back
            </Button>
          )}
          <Button look="accent" onClick={() => (last ? void end() : setAt(at + 1))}>
            {last ? "Start" : "Continue"}
          </Button>
        </div>
      </div>
    </main>
  );
}
