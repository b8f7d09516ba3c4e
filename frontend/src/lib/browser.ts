/** The part of the window's runtime that the page uses; absent in a browser. */
interface WindowRuntime {
  BrowserOpenURL(url: string): void;
}

const runtime = () => (window as { runtime?: WindowRuntime }).runtime;

/** inWindow tells whether the page is in the app's own window, and not in a browser. */
export const inWindow = () => runtime() !== undefined;

/** webAddress is the address if it is one that may be opened in a browser, and undefined for anything else. */
export function webAddress(href: string | undefined): URL | undefined {
  if (!href || !/^https?:\/\//i.test(href)) return undefined;
  try {
    return new URL(href);
  } catch {
    return undefined;
  }
}

/** openInBrowser opens an address outside the window. */
export function openInBrowser(url: URL) {
  const desktop = runtime();
  if (desktop) desktop.BrowserOpenURL(url.href);
  else window.open(url.href, "_blank", "noopener,noreferrer");
}
