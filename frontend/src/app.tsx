import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Toaster } from "sonner";
import { newSession, SessionContext } from "./lib/session";
import { newRouter } from "./routes";

const toastOffset = { top: 56, right: 16, left: 16 };

/** App is the whole page. */
export function App() {
  const [session] = useState(newSession);
  const [router] = useState(newRouter);
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={session.cache}>
        <RouterProvider router={router} />
        {/* Below the toolbar, and clear of the field where the next question is written. */}
        <Toaster theme="system" position="top-right" offset={toastOffset} mobileOffset={toastOffset} duration={8000} />
      </QueryClientProvider>
    </SessionContext>
  );
}
