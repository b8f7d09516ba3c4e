import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// SIGHTGLASS_URL is the whole address that `sightglass serve` prints, token included.
const server = process.env.SIGHTGLASS_URL ? new URL(process.env.SIGHTGLASS_URL) : undefined;

export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // WKWebView of macOS 13, and WebKitGTK 2.40.
  build: { target: ["safari16", "chrome110"], chunkSizeWarningLimit: 700 },
  server: {
    proxy: server && {
      "/api": {
        target: server.origin,
        changeOrigin: true,
        headers: { Origin: server.origin, Authorization: `Bearer ${server.searchParams.get("token")}` },
      },
    },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    testTimeout: 30_000,
  },
});
