import { ContextMenu, DropdownMenu } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

/** Command is one line of a menu. */
export interface Command {
  label: string;
  icon: ReactNode;
  shortcut?: string;
  danger?: boolean;
  run: () => void;
}

/** panel is how a menu looks. */
export const panel = "appear z-50 min-w-44 rounded-lg bg-raised p-1 shadow-float";
const line =
  "flex h-7 items-center gap-2 rounded-md px-2 outline-none [&_svg]:size-3.5 [&_svg]:text-quiet " +
  "data-highlighted:bg-accent data-highlighted:text-accent-ink data-highlighted:*:text-inherit";

function Line({ command }: { command: Command }) {
  return (
    <>
      {command.icon}
      <span className={command.danger ? "grow text-danger" : "grow"}>{command.label}</span>
      {command.shortcut && <span className="text-small text-quiet">{command.shortcut}</span>}
    </>
  );
}

/** ButtonMenu opens commands from a button. */
export function ButtonMenu({ commands, children }: { commands: Command[]; children: ReactElement }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{children}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="start" sideOffset={4} collisionPadding={8} className={panel}>
          {commands.map((command) => (
            <DropdownMenu.Item key={command.label} className={line} onSelect={command.run}>
              <Line command={command} />
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

/** RightClickMenu opens the same commands where the person right-clicks. */
export function RightClickMenu({ commands, children }: { commands: Command[]; children: ReactElement }) {
  return (
    <ContextMenu.Root modal={false}>
      <ContextMenu.Trigger asChild>{children}</ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content collisionPadding={8} className={panel}>
          {commands.map((command) => (
            <ContextMenu.Item key={command.label} className={line} onSelect={command.run}>
              <Line command={command} />
            </ContextMenu.Item>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
