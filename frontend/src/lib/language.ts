// WebKitGTK calls the language "C" where the system's locale is C. uPlot hands that to Intl as it is loaded, which throws and leaves the window
// white: import this before it.
try {
  Intl.getCanonicalLocales(navigator.language); // throws as Intl does everywhere
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
export const language = navigator.language;
