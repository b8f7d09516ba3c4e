import type { ComponentProps } from "react";

/** Img is the only <img> of the page: one that cannot be dragged, which would crash the window of macOS. */
export function Img({ alt, ...props }: ComponentProps<"img"> & { alt: string }) {
  return <img alt={alt} decoding="async" {...props} draggable={false} />;
}
