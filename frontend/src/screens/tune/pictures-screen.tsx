import { useNavigate } from "@tanstack/react-router";
import { FolderOpen, Shapes } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/components/button";
import { count } from "@/lib/amounts";
import type { TuneData } from "@/lib/types";
import { RowTable } from "./row-table";
import { Heading, Steps } from "./steps";
import { useFolderDrop } from "./use-folder-drop";
import { useOpenData } from "./use-open-data";
import { useTuneData } from "./use-tuning";

/** PicturesScreen is step 1: choose pictures, look at what each says, correct it. */
export function PicturesScreen() {
  const { data } = useTuneData();
  const { open, opening, progress } = useOpenData();
  const navigate = useNavigate();
  const over = useFolderDrop((files) => open(files));
  const counts = data && countRows(data);
  const next = () => void navigate({ to: "/tune/goal" });
  const ready = Boolean(counts && counts.bad === 0 && counts.learn + counts.check >= 2);
  return (
    <Steps current="Pictures" open={ready ? { Goal: next } : {}}>
      <div className="flex items-start justify-between gap-4">
        <Heading title="Choose pictures">
          A folder of pictures with answers: a text file beside each picture, folders named for what they hold, or a table of picture, question
          and answer (CSV, JSON or Parquet).
        </Heading>
        <Button look="accent" disabled={!ready} onClick={next}>
          Continue
        </Button>
      </div>
      <Source over={over} opening={opening} progress={progress} onOpen={open} />
      {data && counts && (
        <section aria-label="Examples" className="flex flex-col gap-2">
          <div className="flex flex-wrap items-baseline gap-x-3">
            <h3 className="font-semibold">{data.name}</h3>
            <p role="status" className="text-quiet">
              {count(counts.learn, "example")} to learn from
              {counts.check > 0 && `, ${counts.check} to check with`}
              {counts.bad > 0 && <span className="text-danger">, {counts.bad} to correct or leave out</span>}
            </p>
          </div>
          <RowTable rows={data.rows} />
        </section>
      )}
    </Steps>
  );
}

function countRows({ rows }: TuneData) {
  const used = rows.filter((row) => !row.left_out);
  const good = used.filter((row) => !row.reason);
  return {
    learn: good.filter((row) => !row.check).length,
    check: good.filter((row) => row.check).length,
    bad: used.length - good.length,
  };
}

interface SourceProps {
  over: boolean;
  opening: boolean;
  progress: string;
  onOpen: ReturnType<typeof useOpenData>["open"];
}

/** Source is where the pictures come from: dropped, chosen, named by a path, or drawn as an example. */
function Source({ over, opening, progress, onOpen }: SourceProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [path, setPath] = useState("");
  return (
    <div
      className={`flex flex-col items-center gap-3 rounded-lg border border-dashed px-4 py-5 text-center ${over ? "border-accent bg-fill" : "border-line"}`}
    >
      <p className="text-quiet" role="status">
        {progress || (opening ? "Checking the examples" : over ? "Let go to take them" : "Drop a folder here, or")}
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        <Button disabled={opening} onClick={() => picker.current?.click()}>
          <FolderOpen className="size-3.5" />
          Choose a folder
        </Button>
        <Button disabled={opening} onClick={() => onOpen({ example: true })}>
          <Shapes className="size-3.5" />
          Sort parts by defect (example)
        </Button>
      </div>
      <form
        className="flex w-full max-w-md gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          onOpen({ path: path.trim() });
        }}
      >
        <input
          aria-label="Path of a folder or table"
          placeholder="/path/to/a/folder or table.csv"
          value={path}
          onChange={(event) => setPath(event.target.value)}
          className="selectable h-7 min-w-0 grow rounded-md bg-fill px-2.5"
        />
        <Button type="submit" disabled={opening || !path.trim()}>
          Open
        </Button>
      </form>
      <input
        ref={(input) => {
          picker.current = input;
          input?.setAttribute("webkitdirectory", "");
        }}
        type="file"
        multiple
        hidden
        aria-label="Folder"
        onChange={(event) => {
          onOpen([...(event.target.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
          event.target.value = "";
        }}
      />
    </div>
  );
}
