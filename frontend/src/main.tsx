import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { api } from "./lib/api";
import { inWindow } from "./lib/browser";
import { onMac } from "./lib/shortcuts";
import "./index.css";

const root = document.getElementById("root");
if (!root) throw new Error("main: want an element #root, found none");
if (inWindow() && onMac) document.documentElement.dataset.window = "mac";
if (inWindow()) {
  // Closing the window only hides it, and nobody but the page hears of it.
  document.addEventListener("visibilitychange", () => document.hidden && void api.panelStep("hidden").catch(() => {}));
}
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
