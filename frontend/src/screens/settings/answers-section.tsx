import { useId, useState } from "react";
import { useModel } from "@/frame/use-model";
import {
  LengthLong,
  LengthNormal,
  LengthShort,
  type Settings,
  type SetSettings,
  StyleBrief,
  StyleDetailed,
  StyleNormal,
  StyleOwn,
} from "@/lib/types";
import { Choice, Section } from "./rows";

const lengths = [
  [LengthShort, "Short: some sentences"],
  [LengthNormal, "Normal: a page"],
  [LengthLong, "Long: several pages"],
] as const;
const styles = [
  [StyleNormal, "As the model likes"],
  [StyleBrief, "Brief"],
  [StyleDetailed, "Detailed"],
  [StyleOwn, "In my own words"],
] as const;

// What the server takes.
const mostWords = 500;

/** AnswersSection is how long answers may become and how they are written. */
export function AnswersSection({ settings, set }: { settings: Settings; set: (to: SetSettings) => void }) {
  const { model } = useModel();
  return (
    <Section title="Answers">
      <Choice label="Longest answer" value={settings.length} options={lengths} onChange={(length) => set({ length })} />
      <Choice
        label="Style"
        hint={model?.id === "builtin" ? "For models other than the built-in one, which answers as it was taught." : "The model is told with each question."}
        value={settings.style}
        options={styles}
        onChange={(style) => set({ style })}
      />
      {settings.style === StyleOwn && <OwnWords words={settings.style_words ?? ""} onChange={(style_words) => set({ style_words })} />}
    </Section>
  );
}

function OwnWords({ words, onChange }: { words: string; onChange: (to: string) => void }) {
  const [text, setText] = useState(words);
  const id = useId();
  return (
    <div className="px-3.5 py-2.5">
      <label htmlFor={id}>How should answers be?</label>
      <textarea
        id={id}
        rows={2}
        maxLength={mostWords}
        value={text}
        placeholder="Answer in Welsh, in at most three bullet points."
        onChange={(event) => setText(event.target.value)}
        onBlur={() => text.trim() !== words && onChange(text.trim())}
        className="selectable mt-1.5 block w-full resize-none rounded-md border border-line bg-page px-2.5 py-1.5"
      />
    </div>
  );
}
