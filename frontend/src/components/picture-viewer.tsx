import { clsx } from "clsx";
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { pictureURL } from "@/lib/api";
import { size } from "@/lib/amounts";
import type { Picture } from "@/lib/types";
import { IconButton } from "./icon-button";
import { Img } from "./img";

interface PictureViewerProps {
  pictures: Picture[];
  /** The place of the picture shown; undefined while the viewer is closed. */
  at: number | undefined;
  onMove: (at: number | undefined) => void;
}

const onDark = "bg-black/60 text-white! hover:bg-black/80! focus-visible:outline-white";

/** PictureViewer shows pictures large, one at a time: arrow keys go through them, Esc closes. */
export function PictureViewer({ pictures, at, onMove }: PictureViewerProps) {
  const picture = at === undefined ? undefined : pictures[at];
  const move = (step: number) => {
    const next = (at ?? 0) + step;
    if (next >= 0 && next < pictures.length) onMove(next);
  };
  return (
    <Dialog.Root open={picture !== undefined} onOpenChange={(open) => !open && onMove(undefined)}>
      <Dialog.Portal>
        <Dialog.Overlay className="appear fixed inset-0 z-40 bg-[#161618]/95 backdrop-blur-md" />
        <Dialog.Content
          aria-describedby={undefined}
          // The arrow keys are heard wherever the focus is inside; a button need not have it first.
          tabIndex={-1}
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            (event.target as HTMLElement).focus();
          }}
          className="appear fixed inset-0 z-50 flex flex-col text-white outline-none"
          onKeyDown={(event) => {
            if (event.key === "ArrowLeft") move(-1);
            if (event.key === "ArrowRight") move(1);
          }}
        >
          {picture && at !== undefined && (
            <>
              <header className="flex h-12 shrink-0 items-center gap-3 px-4">
                <Dialog.Title className="truncate font-medium">{picture.name || "Picture"}</Dialog.Title>
                <span className="shrink-0 text-white/75">{size(picture)}</span>
                <span className="grow text-right text-white/75">
                  {pictures.length > 1 && `${at + 1} of ${pictures.length}`}
                </span>
                <IconButton label="Close" shortcut="Esc" className={onDark} onClick={() => onMove(undefined)}>
                  <X />
                </IconButton>
              </header>
              {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions, jsx-a11y/click-events-have-key-events */}
              <div
                className="flex min-h-0 grow items-center justify-center px-14 pb-8 max-sm:px-4"
                onClick={(event) => event.target === event.currentTarget && onMove(undefined)}
              >
                <Img
                  key={picture.id}
                  src={pictureURL(picture.id)}
                  alt={picture.name || "Picture"}
                  width={picture.width}
                  height={picture.height}
                  className="max-h-full max-w-full object-contain"
                />
              </div>
              {pictures.length > 1 && (
                <>
                  <IconButton
                    label="Previous picture"
                    shortcut="←"
                    disabled={at === 0}
                    onClick={() => move(-1)}
                    className={clsx(onDark, "fixed top-1/2 left-3 -translate-y-1/2")}
                  >
                    <ChevronLeft />
                  </IconButton>
                  <IconButton
                    label="Next picture"
                    shortcut="→"
                    disabled={at === pictures.length - 1}
                    onClick={() => move(1)}
                    className={clsx(onDark, "fixed top-1/2 right-3 -translate-y-1/2")}
                  >
                    <ChevronRight />
                  </IconButton>
                </>
              )}
            </>
          )}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
