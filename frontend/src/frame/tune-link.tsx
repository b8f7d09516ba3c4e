import { Link } from "@tanstack/react-router";
import { GraduationCap } from "lucide-react";

/** TuneLink leads to the trainings, below the list of chats. */
export function TuneLink({ onChosen }: { onChosen: () => void }) {
  return (
    <div className="shrink-0 border-t border-line p-2.5">
      <Link
        to="/tune"
        draggable={false}
        onClick={onChosen}
        className="flex h-7 items-center gap-2 rounded-md px-2.5 outline-offset-[-2px] hover:bg-fill"
        activeProps={{ className: "bg-fill-strong", "aria-current": "page" }}
      >
        <GraduationCap className="size-4 text-quiet" aria-hidden />
        Fine-tune
      </Link>
    </div>
  );
}
