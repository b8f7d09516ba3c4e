import { AlertDialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "./button";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** The word on the button that does it. */
  action: string;
  look?: "accent" | "danger";
  onConfirm: () => void;
}

/** Confirm asks before something is done; it stands inside an AlertDialog.Root. */
export function Confirm({ title, children, action, look = "accent", onConfirm }: ConfirmProps) {
  return (
    <AlertDialog.Portal>
      <AlertDialog.Overlay className="appear fixed inset-0 z-40 bg-black/30" />
      <AlertDialog.Content className="appear fixed top-1/3 left-1/2 z-50 w-96 max-w-[calc(100vw-32px)] -translate-x-1/2 rounded-xl bg-raised p-5 shadow-float">
        <AlertDialog.Title className="font-semibold">{title}</AlertDialog.Title>
        <AlertDialog.Description className="selectable mt-2 max-h-32 overflow-y-auto break-words text-quiet">
          {children}
        </AlertDialog.Description>
        <div className="mt-4 flex justify-end gap-2">
          <AlertDialog.Cancel asChild>
            <Button>Cancel</Button>
          </AlertDialog.Cancel>
          <AlertDialog.Action asChild>
            <Button look={look} onClick={onConfirm}>
              {action}
            </Button>
          </AlertDialog.Action>
        </div>
      </AlertDialog.Content>
    </AlertDialog.Portal>
  );
}
