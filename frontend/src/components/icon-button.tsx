import { clsx } from "clsx";
import { Tooltip } from "radix-ui";
import type { ComponentProps } from "react";

interface IconButtonProps extends ComponentProps<"button"> {
  /** What it does: its name for screen readers and its tooltip. */
  label: string;
  /** The keys that do the same, for the tooltip. */
  shortcut?: string;
  small?: boolean;
}

/** IconButton is a push button with an icon on it. */
export function IconButton({ label, shortcut, small, className, ...props }: IconButtonProps) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>
        <button
          type="button"
          aria-label={label}
          className={clsx(
            "inline-flex shrink-0 items-center justify-center rounded-md text-quiet transition-colors",
            "hover:bg-fill hover:text-ink active:bg-fill-strong aria-pressed:bg-fill-strong",
            "disabled:pointer-events-none disabled:opacity-40",
            small ? "size-6 [&_svg]:size-3.5" : "size-7 [&_svg]:size-4",
            className,
          )}
          {...props}
        />
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 rounded-md bg-raised px-2 py-1 text-small text-ink shadow-float"
        >
          {label}
          {shortcut && <span className="ml-2 text-quiet">{shortcut}</span>}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
