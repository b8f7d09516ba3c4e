import { clsx } from "clsx";
import { thumbnailURL } from "@/lib/api";
import { size } from "@/lib/amounts";
import type { Picture } from "@/lib/types";
import { Img } from "./img";

interface ThumbnailProps {
  picture: Picture;
  onOpen: () => void;
  className?: string;
}

/** Thumbnail is a small picture that opens large. Its box has its size before the picture is there. */
export function Thumbnail({ picture, onOpen, className }: ThumbnailProps) {
  return (
    <button
      type="button"
      aria-label={`Open ${picture.name || "picture"}, ${size(picture)}`}
      onClick={onOpen}
      className={clsx("overflow-hidden rounded-lg bg-fill ring-1 ring-line transition hover:brightness-95", className)}
    >
      <Img src={thumbnailURL(picture.id)} alt="" className="size-full object-cover" />
    </button>
  );
}
