// Runs in the window's page on Linux, where WebKitGTK keeps files from it: turns what is dragged and pasted into the
// events that any other browser sends, so that the page needs no second way.
(() => {
  const send = (type, target, x, y, dataTransfer) =>
    target.dispatchEvent(
      new DragEvent(type, { bubbles: true, cancelable: true, clientX: x, clientY: y, dataTransfer }),
    );

  // A file that hangs over the window arrives there as an address. What the page itself drags stays as it is.
  let ours = false;
  window.addEventListener("dragstart", () => (ours = true));
  window.addEventListener("dragend", () => (ours = false));
  const unknown = new DataTransfer();
  unknown.items.add(new File([], ""));
  const nothing = new DataTransfer();
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    const replace = (event) => {
      const { types } = event.dataTransfer;
      if (ours || !event.isTrusted || types.includes("Files") || !types.includes("text/uri-list")) return;
      event.preventDefault(); // or the window leaves the page for the file
      event.stopImmediatePropagation();
      send(type, event.target, event.clientX, event.clientY, type === "drop" ? nothing : unknown);
    };
    window.addEventListener(type, replace, { capture: true });
  }

  const transfer = async (sources) => {
    const data = new DataTransfer();
    for (const { address, name } of sources) {
      const response = await fetch(address);
      if (!response.ok) continue;
      const bytes = await response.arrayBuffer();
      if (bytes.byteLength > 0) data.items.add(new File([bytes], name, { type: response.headers.get("Content-Type") ?? "" }));
    }
    return data;
  };

  window.dropFiles = async (sources, x, y) =>
    send("drop", document.elementFromPoint(x, y) ?? document.body, x, y, await transfer(sources));

  // A copied picture arrives there as a paste of nothing.
  window.addEventListener("paste", async (event) => {
    if (event.clipboardData.types.length > 0) return;
    const clipboardData = await transfer([{ address: "/window/clipboard", name: "Pasted picture.png" }]);
    if (clipboardData.files.length === 0) return;
    event.target.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
  });
})();
