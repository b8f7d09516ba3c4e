import { useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { inWords } from "@/lib/api";
import { useModel } from "./use-model";

/** StartNotice tells once what happened when the app started, such as a damaged file that was set aside. */
export function StartNotice() {
  const { notice } = useModel();
  const [read, setRead] = useState(false);
  if (!notice || read) return null;
  return (
    <div className="px-4 pt-3">
      <ProblemNote problem={{ ...notice, sentence: inWords(notice) }}>
        <Button onClick={() => setRead(true)}>OK</Button>
      </ProblemNote>
    </div>
  );
}
