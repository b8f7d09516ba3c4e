import { useEffect, useRef } from "react";

interface TitleFieldProps {
  title: string;
  /** Called once, with the new title, or undefined when it stays. */
  onDone: (title: string | undefined) => void;
}

/** TitleField edits a title in its place: Enter and leaving keep the change, Esc drops it. */
export function TitleField({ title, onDone }: TitleFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => {
    // After the menu that led here has given back the focus.
    const timer = setTimeout(() => {
      field.current?.focus();
      field.current?.select();
    });
    return () => clearTimeout(timer);
  }, []);

  const finish = (keep: boolean) => {
    if (finished.current) return;
    finished.current = true;
    const wanted = field.current?.value.trim();
    onDone(keep && wanted && wanted !== title ? wanted : undefined);
  };
  return (
    <input
      ref={field}
      aria-label="Title of the chat"
      defaultValue={title}
      maxLength={200}
      onBlur={() => finish(true)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter") finish(true);
        if (event.key === "Escape") {
          event.preventDefault();
          finish(false);
        }
        event.stopPropagation();
      }}
      className="selectable w-full rounded-md bg-page px-2.5 py-1.5"
    />
  );
}
