import { clsx } from "clsx";
import { type ComponentProps, useLayoutEffect, useRef } from "react";

interface TextAreaProps extends ComponentProps<"textarea"> {
  value: string;
  onEnter: () => void;
  onEscape?: () => void;
}

/** TextArea grows with its text. Enter is an order, Shift+Enter a new line. */
export function TextArea({ onEnter, onEscape, className, ...props }: TextAreaProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = field;
    if (!current) return;
    current.style.height = "0";
    current.style.height = `${current.scrollHeight}px`;
  });
  useLayoutEffect(() => {
    // The caret of a text that is there already belongs at its end.
    const { current } = field;
    current?.setSelectionRange(current.value.length, current.value.length);
  }, []);
  return (
    <textarea
      ref={field}
      rows={1}
      {...props}
      onKeyDown={(event) => {
        // Enter and Esc that end the composing of a character mean nothing else.
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter" && !event.shiftKey) {
          event.preventDefault();
          onEnter();
        }
        if (event.key === "Escape" && onEscape) {
          event.preventDefault();
          onEscape();
        }
      }}
      className={clsx("selectable block max-h-[40vh] w-full resize-none bg-transparent text-body outline-none", className)}
    />
  );
}
