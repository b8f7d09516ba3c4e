import { clsx } from "clsx";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";

interface ButtonProps extends ComponentProps<"button"> {
  look?: "plain" | "filled" | "accent" | "danger";
  /** Gives its look to the element inside instead, for a link. */
  asChild?: boolean;
}

const looks = {
  plain: "hover:bg-fill active:bg-fill-strong",
  filled: "bg-fill hover:bg-fill-strong active:bg-fill-strong",
  accent: "bg-accent text-accent-ink hover:brightness-110 active:brightness-95",
  danger: "text-danger bg-fill hover:bg-fill-strong",
};

/** Button is a push button with a word on it. */
export function Button({ look = "filled", asChild, className, ...props }: ButtonProps) {
  const Tag = asChild ? Slot.Root : "button";
  return (
    <Tag
      type={asChild ? undefined : "button"}
      className={clsx(
        "inline-flex h-7 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-base font-medium whitespace-nowrap",
        "transition-colors disabled:pointer-events-none disabled:opacity-45",
        looks[look],
        className,
      )}
      {...props}
    />
  );
}
