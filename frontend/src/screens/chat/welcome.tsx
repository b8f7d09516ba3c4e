import type { Ask } from "@/lib/types";
import { SamplePicture } from "./sample-picture";

interface WelcomeProps {
  /** A question with pictures of one's own is being written: the sample would only distract. */
  busy: boolean;
  onAsk: (question: Ask) => void;
}

/** Welcome is what an empty chat shows: how to begin, and a sample picture with questions to try. */
export function Welcome({ busy, onAsk }: WelcomeProps) {
  return (
    <div className="m-auto flex max-w-lg flex-col items-center py-8 text-center">
      <h2 className="text-[20px] leading-7 font-semibold">Ask about a picture</h2>
      <p className="mt-1.5 max-w-md text-quiet">
        Drop a screenshot or a photo anywhere in this window, paste it, or choose a file. Nothing leaves this machine.
      </p>
      {/* The box is there before the sample, so that nothing moves when it comes. */}
      <section aria-label="Try the sample picture" className="mt-7 flex min-h-72 flex-col items-center">
        {!busy && <SamplePicture says="Or try this one:" onAsk={onAsk} />}
      </section>
    </div>
  );
}
