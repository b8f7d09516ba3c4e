import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Toaster } from "sonner";
import { newSession, SessionContext } from "./lib/session";
import { useAppearance } from "./frame/use-appearance";
import { newRouter } from "./routes";

const toastOffset = { top: 56, right: 16, left: 16 };

/** Notices are short messages: below the toolbar, and clear of the field where the next question is written. */
function Notices() {
  return <Toaster theme={useAppearance()} position="top-right" offset={toastOffset} mobileOffset={toastOffset} duration={8000} />;
}

/** App is the whole page. */
export function App() {
  const [session] = useState(newSession);
  const [router] = useState(newRouter);
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={session.cache}>
        <RouterProvider router={router} />
        <Notices />
      </QueryClientProvider>
    </SessionContext>
  );
}
