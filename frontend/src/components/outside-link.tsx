import { AlertDialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { openInBrowser, webAddress } from "@/lib/browser";
import { Confirm } from "./confirm";

/**
 * OutsideLink is the only <a> of the page. An answer's words may say one address and lead to another,
 * so it shows the address and asks before it opens it in the browser. Anything but http and https is plain text.
 */
export function OutsideLink({ href, children }: { href?: string; children?: ReactNode }) {
  const [asking, setAsking] = useState(false);
  const url = webAddress(href);
  if (!url) return <span>{children}</span>;
  return (
    <AlertDialog.Root open={asking} onOpenChange={setAsking}>
      <a
        href={url.href}
        rel="noreferrer"
        draggable={false}
        onClick={(event) => {
          event.preventDefault();
          setAsking(true);
        }}
        onAuxClick={(event) => event.preventDefault()}
        className="cursor-pointer rounded-sm text-accent underline decoration-from-font underline-offset-2"
      >
        {children}
      </a>
      <Confirm title="Open this page in your browser?" action="Open" onConfirm={() => openInBrowser(url)}>
        {url.href}
      </Confirm>
    </AlertDialog.Root>
  );
}
