import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { Button } from "@/components/button";
import { useSettings } from "./use-settings";

/** PrivacyScreen says what is stored where, and what leaves this machine. */
export function PrivacyScreen() {
  const { settings } = useSettings();
  const facts: [string, string][] = [
    ["Your questions and pictures", "are answered by a model that runs on this machine. They are sent nowhere."],
    ["Chats and pictures", `and what you wrote but did not send are kept in one file in ${settings?.folder ?? "the data folder"}, which only your account may read, until you delete them. Erase All writes that file anew.`],
    ["Pictures of the screen", "are taken only when you ask for one. The file that the system makes of it is removed at once; the picture itself is kept like any other."],
    ["Trainings and adapters", "stay in the same folder, with copies of the pictures that you dropped in to train on."],
    ["Models", "that you download lie in the Hugging Face cache, which other programs share; those that you convert, in the data folder. An access token for the hub is kept in the keychain on macOS, elsewhere in a file that only your account may read."],
    ["The network", "is used only when you search for models, look at one’s details or download one, and then only the hub hears of it: huggingface.co, or the one that HF_ENDPOINT names. When you check for updates, the project’s page of releases hears that somebody did. There is no telemetry and no account."],
    ["Notifications", "say only that something is ready, unless you choose that they show the answer’s beginning. The system may keep them."],
    ["The window", "has no server. The one for browsers, which you start yourself, listens on this machine alone, behind a key that is new at each start."],
  ];
  return (
    <main className="min-h-0 grow overflow-y-auto [scrollbar-width:thin]">
      <div className="selectable mx-auto max-w-2xl px-6 py-6 text-body max-sm:px-4">
        <Button asChild look="plain" className="-ml-3">
          <Link to="/settings" draggable={false}>
            <ArrowLeft className="size-3.5" aria-hidden />
            Settings
          </Link>
        </Button>
        <h2 className="mt-3 text-[20px] leading-7 font-semibold">Privacy</h2>
        <dl className="mt-3 space-y-3.5">
          {facts.map(([what, says]) => (
            <div key={what}>
              <dt className="font-semibold">{what}</dt>
              <dd className="text-quiet">{says}</dd>
            </div>
          ))}
        </dl>
      </div>
    </main>
  );
}
