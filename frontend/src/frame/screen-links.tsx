import { Link } from "@tanstack/react-router";
import { Boxes, GraduationCap, type LucideIcon, Settings } from "lucide-react";

const screens: { to: "/tune" | "/models" | "/settings"; name: string; icon: LucideIcon }[] = [
  { to: "/tune", name: "Fine-tune", icon: GraduationCap },
  { to: "/models", name: "Models", icon: Boxes },
  { to: "/settings", name: "Settings", icon: Settings },
];

/** ScreenLinks lead to the other screens, below the list of chats. */
export function ScreenLinks({ onChosen }: { onChosen: () => void }) {
  return (
    <div className="shrink-0 border-t border-line p-2.5">
      {screens.map(({ to, name, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          draggable={false}
          onClick={onChosen}
          className="flex h-7 items-center gap-2 rounded-md px-2.5 outline-offset-[-2px] hover:bg-fill"
          activeProps={{ className: "bg-fill-strong", "aria-current": "page" }}
        >
          <Icon className="size-4 text-quiet" aria-hidden />
          {name}
        </Link>
      ))}
    </div>
  );
}
