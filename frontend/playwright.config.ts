import { defineConfig } from "@playwright/test";

// Debian's Chromium, so that no browser is downloaded.
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  // A training of minutes is for make tune-example alone.
  ...(process.env.EXAMPLE ? { grep: /@example/ } : { grepInvert: /@example/ }),
  // The engine answers one question at a time and takes all cores for it.
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: "list",
  outputDir: "test-results",
  use: {
    viewport: { width: 1080, height: 760 },
    launchOptions: { executablePath, args: ["--no-sandbox"] },
    permissions: ["clipboard-read", "clipboard-write"],
    // Nothing is caught halfway through a transition.
    contextOptions: { reducedMotion: "reduce" },
    trace: "retain-on-failure",
  },
});
