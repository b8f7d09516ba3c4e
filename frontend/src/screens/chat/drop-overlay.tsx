import { ImagePlus } from "lucide-react";

/** DropOverlay says that the window takes the files that hang over it. */
export function DropOverlay() {
  return (
    <div className="appear pointer-events-none fixed inset-0 z-50 flex items-center justify-center bg-page/50 ring-3 ring-accent ring-inset">
      <div className="flex flex-col items-center gap-2.5 rounded-2xl bg-raised px-8 py-6 shadow-float">
        <ImagePlus className="size-8 text-accent" strokeWidth={1.5} aria-hidden />
        <p className="text-body font-medium">Drop pictures to ask about them</p>
      </div>
    </div>
  );
}
