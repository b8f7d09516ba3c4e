import { useEffect, useRef } from "react";

interface TitleFieldProps {
  title: string;
  /** Called once, with the new title, or undefined when it stays, and whether a key of the field ended it. */
  onDone: (title: string | undefined, byKey: boolean) => void;
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

  const finish = (keep: boolean, byKey: boolean) => {
    if (finished.current) return;
    finished.current = true;
    const wanted = field.current?.value.trim();
    onDone(keep && wanted && wanted !== title ? wanted : undefined, byKey);
  };
  return (
    <input
      ref={field}
      aria-label="Title of the chat"
      defaultValue={title}
      maxLength={200}
      onBlur={() => finish(true, false)}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing) return;
        if (event.key === "Enter" || event.key === "Escape") {
          // The row that gets the focus back would take the key for its own.
          event.preventDefault();
          finish(event.key === "Enter", true);
        }
        event.stopPropagation();
      }}
      className="selectable w-full rounded-md bg-page px-2.5 py-1.5"
    />
  );
}
