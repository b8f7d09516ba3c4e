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
const step = (name: string) => void api.panelStep(name).catch(() => {});
if (inWindow()) {
  // Closing the window only hides it, and nobody but the page hears of that.
  document.addEventListener("visibilitychange", () => step(document.hidden ? "hidden" : "shown"));
  // Nothing says that a window moved; it was where it is when it is left.
  let resized = 0;
  window.addEventListener("resize", () => {
    clearTimeout(resized);
    resized = window.setTimeout(step, 1000, "moved");
  });
  window.addEventListener("blur", () => step("moved"));
}
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
