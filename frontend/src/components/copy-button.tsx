import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { IconButton } from "./icon-button";

/** CopyButton puts a text on the clipboard and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => toast.error("The text could not be copied.", { description: "Select it and copy it by hand." }),
    );
  return (
    <IconButton small label={copied ? "Copied" : label} onClick={() => void copy()}>
      {copied ? <Check className="text-good" /> : <Copy />}
    </IconButton>
  );
}
