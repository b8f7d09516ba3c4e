import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { AlertDialog } from "radix-ui";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Confirm } from "@/components/confirm";
import { ProblemNote } from "@/components/problem-note";
import { bytes, count } from "@/lib/amounts";
import { api, problemOf } from "@/lib/api";
import {
  AppearanceDark,
  AppearanceLight,
  AppearanceSystem,
  NotifyContent,
  NotifyOff,
  NotifyPlain,
} from "@/lib/types";
import { AnswersSection } from "./answers-section";
import { ModelSection } from "./model-section";
import { Choice, Row, Section, Toggle } from "./rows";
import { ShortcutField } from "./shortcut-field";
import { UpdateRow } from "./update-row";
import { useSettings } from "./use-settings";

const appearances = [
  [AppearanceSystem, "As the system"],
  [AppearanceLight, "Light"],
  [AppearanceDark, "Dark"],
] as const;
const notices = [
  [NotifyOff, "Off"],
  [NotifyPlain, "That it is ready"],
  [NotifyContent, "With the answer’s beginning"],
] as const;
const keepings = [
  [0, "For good"],
  [7, "A week"],
  [30, "A month"],
  [365, "A year"],
] as const;

/** SettingsScreen is what the person can set, and what becomes of all that is stored. */
export function SettingsScreen() {
  const { settings, problem, set, erase, exportAll, exporting } = useSettings();
  return (
    <main className="min-h-0 grow overflow-y-auto [scrollbar-width:thin]">
      <div className="mx-auto max-w-2xl px-6 py-6 max-sm:px-4">
        {problem && <ProblemNote problem={problem} />}
        {settings && (
          <>
            <Section title="General">
              <Choice label="Appearance" value={settings.appearance} options={appearances} onChange={(appearance) => set({ appearance })} />
              {settings.native && <ShortcutField shortcut={settings.shortcut ?? ""} onChange={(shortcut) => set({ shortcut })} />}
              {settings.native && (
                <>
                  <Toggle label="Open at login" on={settings.at_login} onChange={(at_login) => set({ at_login })} />
                  <Choice
                    label="Notifications"
                    hint="When an answer or a training ends while the window is hidden."
                    value={settings.notify}
                    options={notices}
                    onChange={(notify) => set({ notify })}
                  />
                </>
              )}
            </Section>
            <AnswersSection settings={settings} set={set} />
            <ModelSection settings={settings} set={set} />
            <Section title="History">
              <Toggle
                label="Keep chats"
                hint="Without this, chats and their pictures are gone once Sightglass has quit."
                on={settings.history}
                onChange={(history) => set({ history })}
              />
              <Choice
                label="Keep them"
                hint="Older chats are removed when Sightglass starts."
                value={settings.keep_days}
                options={keepings}
                disabled={!settings.history}
                onChange={(keep_days) => set({ keep_days })}
              />
            </Section>
            <Section title="Data">
              <Row label={`${count(settings.chats, "chat")}, ${count(settings.pictures, "picture")}, ${bytes(settings.bytes)}`} hint={settings.folder}>
                <Button disabled={exporting} onClick={exportAll}>
                  {exporting ? "Exporting…" : "Export All"}
                </Button>
                <Erase onErase={erase} />
              </Row>
              <Row label="Privacy" hint="What is stored where, and what leaves this machine.">
                <Button asChild>
                  <Link to="/settings/privacy" draggable={false}>
                    Read
                  </Link>
                </Button>
              </Row>
              <CopyDiagnostics />
              <UpdateRow settings={settings} />
            </Section>
          </>
        )}
      </div>
    </main>
  );
}

function Erase({ onErase }: { onErase: () => void }) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger asChild>
        <Button look="danger">Erase All…</Button>
      </AlertDialog.Trigger>
      <Confirm title="Erase everything?" action="Erase Everything" look="danger" onConfirm={onErase}>
        All chats, pictures, trainings and adapters are removed from this machine for good. Settings and models stay.
      </Confirm>
    </AlertDialog.Root>
  );
}

function CopyDiagnostics() {
  const copy = useMutation({
    mutationFn: async () => navigator.clipboard.writeText((await api.diagnostics()).text),
    onSuccess: () => toast("The diagnostics are on the clipboard."),
    onError: (error) => toast.error(problemOf(error).sentence),
  });
  return (
    <Row label="Diagnostics" hint="For the report of a fault. Nothing that you asked or were answered is in it.">
      <Button onClick={() => copy.mutate()}>Copy</Button>
    </Row>
  );
}
