import { AlertDialog } from "radix-ui";
import { type ReactNode, useState } from "react";
import { openInBrowser, webAddress } from "@/lib/browser";
import { Button } from "./button";

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
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="appear fixed inset-0 z-40 bg-black/30" />
        <AlertDialog.Content className="appear fixed top-1/3 left-1/2 z-50 w-96 max-w-[calc(100vw-32px)] -translate-x-1/2 rounded-xl bg-raised p-5 shadow-float">
          <AlertDialog.Title className="font-semibold">Open this page in your browser?</AlertDialog.Title>
          <AlertDialog.Description className="selectable mt-2 max-h-32 overflow-y-auto break-all text-quiet">
            {url.href}
          </AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>Cancel</Button>
            </AlertDialog.Cancel>
            <AlertDialog.Action asChild>
              <Button look="accent" onClick={() => openInBrowser(url)}>
                Open
              </Button>
            </AlertDialog.Action>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
