import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import "./index.css";

const root = document.getElementById("root");
if (!root) throw new Error("main: want an element #root, found none");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
