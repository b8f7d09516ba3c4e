import { clsx } from "clsx";
import type { ComponentProps } from "react";

interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does: its name for screen readers and its tooltip. */
  label: string;
  /** The keys that do the same, for the tooltip. */
  shortcut?: string;
  small?: boolean;
}

/** IconButton is a push button with an icon on it. The tooltip is the system's own, as everywhere on this desktop. */
export function IconButton({ label, shortcut, small, className, ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      className={clsx(
        "inline-flex shrink-0 items-center justify-center rounded-md text-quiet transition-colors",
        "hover:bg-fill hover:text-ink active:bg-fill-strong disabled:pointer-events-none disabled:opacity-40",
        small ? "size-6 [&_svg]:size-3.5" : "size-7 [&_svg]:size-4",
        className,
      )}
      {...props}
    />
  );
}
