import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "@/components/button";
import { PictureViewer } from "@/components/picture-viewer";
import { Thumbnail } from "@/components/thumbnail";
import { api } from "@/lib/api";
import { sampleKey } from "@/lib/keys";
import type { Ask } from "@/lib/types";

interface WelcomeProps {
  /** A question with pictures of one's own is being written: the sample would only distract. */
  busy: boolean;
  onAsk: (question: Ask) => void;
}

/** Welcome is what an empty chat shows: how to begin, and a sample picture with questions to try. */
export function Welcome({ busy, onAsk }: WelcomeProps) {
  const { data } = useQuery({ queryKey: sampleKey, queryFn: api.sample, staleTime: Infinity });
  const [shown, setShown] = useState<number>();
  return (
    <div className="m-auto flex max-w-lg flex-col items-center py-8 text-center">
      <h2 className="text-[20px] leading-7 font-semibold">Ask about a picture</h2>
      <p className="mt-1.5 max-w-md text-quiet">
        Drop a screenshot or a photo anywhere in this window, paste it, or choose a file. Nothing leaves this machine.
      </p>
      {/* The box is there before the sample, so that nothing moves when it comes. */}
      <section aria-label="Try the sample picture" className="mt-7 flex min-h-72 flex-col items-center">
        {data && !busy && (
          <div className="appear flex flex-col items-center">
            <Thumbnail picture={data.picture} onOpen={() => setShown(0)} className="h-40 max-w-full" />
            <p className="mt-3 text-small text-quiet">Or try this one:</p>
            <div className="mt-2 flex flex-wrap justify-center gap-1.5">
              {data.questions.map((text) => (
                <Button key={text} onClick={() => onAsk({ text, pictures: [data.picture.id] })} className="font-normal!">
                  {text}
                </Button>
              ))}
            </div>
            <PictureViewer pictures={[data.picture]} at={shown} onMove={setShown} />
          </div>
        )}
      </section>
    </div>
  );
}
