import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { api } from "@/lib/api";
import { inWindow } from "@/lib/browser";
import { useSession } from "@/lib/session";

const nowhere = /^#?\/?$/;

/**
 * useDesk brings back what was written and not sent and, in the app's window, the screen that was shown, whatever ended the app;
 * and remembers the screen.
 */
export function useDesk() {
  const { drafts } = useSession();
  const router = useRouter();
  useEffect(() => {
    let left = false;
    api.desk().then(
      (desk) => {
        if (left) return;
        drafts.restore(desk.drafts);
        // Unless the person, or the shortcut, was faster.
        if (inWindow() && desk.place && nowhere.test(window.location.hash)) router.history.replace(desk.place);
      },
      () => {}, // as on the first start
    );
    return () => void (left = true);
  }, [drafts, router]);
  useEffect(() => {
    if (!inWindow()) return;
    return router.subscribe("onResolved", ({ toLocation, fromLocation }) => {
      if (fromLocation) void api.savePlace(toLocation.pathname).catch(() => {});
    });
  }, [router]);
}
