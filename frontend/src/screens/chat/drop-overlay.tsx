import { ImagePlus } from "lucide-react";

/** DropOverlay says that the window takes the files that hang over it. */
export function DropOverlay() {
  return (
    <div className="appear pointer-events-none fixed inset-0 z-50 flex items-center justify-center bg-page/80 p-4 backdrop-blur-sm">
      <div className="flex size-full flex-col items-center justify-center gap-3 rounded-2xl border-2 border-dashed border-accent">
        <ImagePlus className="size-9 text-accent" strokeWidth={1.5} aria-hidden />
        <p className="text-[15px] font-medium">Drop pictures to ask about them</p>
      </div>
    </div>
  );
}
