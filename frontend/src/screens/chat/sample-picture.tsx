import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { PictureViewer } from "@/components/picture-viewer";
import { Thumbnail } from "@/components/thumbnail";
import { api } from "@/lib/api";
import { sampleKey } from "@/lib/keys";
import type { Ask } from "@/lib/types";

/** SamplePicture is a picture to try, with questions that suit it. */
export function SamplePicture({ says, onAsk }: { says: string; onAsk: (question: Ask) => void }) {
  const { data } = useQuery({ queryKey: sampleKey, queryFn: api.sample, staleTime: Infinity });
  const [shown, setShown] = useState<number>();
  if (!data) return null;
  return (
    <div className="appear flex flex-col items-center">
      <Thumbnail picture={data.picture} onOpen={() => setShown(0)} className="h-40 max-w-full" />
      <p className="mt-3 text-small text-quiet">{says}</p>
      <div className="mt-2 flex flex-wrap justify-center gap-1.5">
        {data.questions.map((text) => (
          <Button key={text} onClick={() => onAsk({ text, pictures: [data.picture.id] })} className="font-normal!">
            {text}
          </Button>
        ))}
      </div>
      <PictureViewer pictures={[data.picture]} at={shown} onMove={setShown} />
    </div>
  );
}
