import { clsx } from "clsx";
import { CircleAlert, Sparkles } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { IconButton } from "@/components/icon-button";
import { Img } from "@/components/img";
import { TextArea } from "@/components/text-area";
import { api, rowPictureURL } from "@/lib/api";
import type { TuneRow } from "@/lib/types";
import { useEditData } from "./use-tuning";

// As many rows as one looks through; the others come when they are asked for.
const page = 60;

/** RowTable lists the examples, those with problems first. Answers are edited in place. */
export function RowTable({ rows }: { rows: TuneRow[] }) {
  const [shown, setShown] = useState(page);
  return (
    <>
      <div className="overflow-x-auto rounded-lg border border-line">
        <table className="w-full border-collapse text-left [&_td]:px-3 [&_td]:py-2 [&_td]:align-middle [&_th]:px-3 [&_th]:py-1.5 [&_th]:font-medium [&_th]:text-quiet">
          <thead className="bg-fill text-small">
            <tr>
              <th scope="col">Picture</th>
              <th scope="col">Question</th>
              <th scope="col" className="w-2/5">
                Answer
              </th>
              <th scope="col">
                <span className="sr-only">What to do</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((row) => (
              <Row key={row.source} row={row} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <Button className="self-center" onClick={() => setShown(shown + 5 * page)}>
          Show more
        </Button>
      )}
    </>
  );
}

function Row({ row }: { row: TuneRow }) {
  const { mutate: edit, isPending } = useEditData();
  // What is being written, until it is saved.
  const [draft, setDraft] = useState<string>();
  const answer = draft ?? row.answer;
  const save = () => {
    if (answer.trim() === row.answer) setDraft(undefined);
    else edit(() => api.editTuneRow(row.index, { answer }), { onSuccess: () => setDraft(undefined) });
  };
  const bad = row.reason && !row.left_out;
  return (
    <tr className={clsx("border-t border-line", row.left_out && "opacity-55")}>
      <td>
        <div className="size-12 overflow-hidden rounded-md bg-fill">
          {row.pictures > 0 && (
            <Img src={rowPictureURL(row.index)} alt={row.source} loading="lazy" className="size-full object-cover" />
          )}
        </div>
      </td>
      <td>
        <p className="line-clamp-2">{row.question}</p>
        <p className="text-small text-quiet">{row.source}</p>
      </td>
      <td>
        <TextArea
          aria-label={`Answer for ${row.source}`}
          value={answer}
          onChange={(event) => setDraft(event.target.value)}
          onEnter={save}
          onEscape={() => setDraft(undefined)}
          onBlur={save}
          className={clsx("rounded-md px-2 py-0.5 hover:bg-fill focus:bg-fill", bad && "bg-fill ring-1 ring-line")}
        />
        {bad && (
          <p className="mt-1 flex items-start gap-1 px-2 text-small text-danger">
            <CircleAlert className="mt-px size-3.5 shrink-0" aria-hidden />
            {row.reason}
          </p>
        )}
      </td>
      <td>
        <div className="flex items-center justify-end gap-1">
          <IconButton
            label={`Let the model suggest an answer for ${row.source}`}
            disabled={isPending || row.pictures === 0}
            onClick={() =>
              edit(async () => {
                const suggested = await api.draftTuneRow(row.index);
                return api.editTuneRow(row.index, { answer: suggested.answer });
              })
            }
          >
            <Sparkles />
          </IconButton>
          <Button
            look="plain"
            disabled={isPending}
            aria-label={`${row.left_out ? "Use" : "Leave out"} ${row.source}`}
            onClick={() => edit(() => api.editTuneRow(row.index, { left_out: !row.left_out }))}
          >
            {row.left_out ? "Use" : "Leave out"}
          </Button>
        </div>
      </td>
    </tr>
  );
}
