import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Toaster } from "sonner";
import { newSession, SessionContext } from "./lib/session";
import { newRouter } from "./routes";

/** App is the whole page. */
export function App() {
  const [session] = useState(newSession);
  const [router] = useState(newRouter);
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={session.cache}>
        <RouterProvider router={router} />
        <Toaster theme="system" position="bottom-right" duration={8000} />
      </QueryClientProvider>
    </SessionContext>
  );
}
