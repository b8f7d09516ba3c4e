// Runs in the window's page on Linux, where WebKitGTK keeps files from it: turns what was dropped and pasted into the
// events that any other browser sends, so that the page needs no second way.
(() => {
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

  window.dropFiles = async (sources, clientX, clientY) => {
    const target = document.elementFromPoint(clientX, clientY) ?? document.body;
    const dataTransfer = await transfer(sources);
    target.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer, clientX, clientY }));
  };

  // A copied picture arrives there as a paste of nothing.
  window.addEventListener("paste", async (event) => {
    if (event.clipboardData.types.length > 0) return;
    const clipboardData = await transfer([{ address: "/window/clipboard", name: "Pasted picture.png" }]);
    if (clipboardData.files.length === 0) return;
    event.target.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData }));
  });
})();
