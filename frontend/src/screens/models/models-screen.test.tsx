import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { ModelFolder } from "@/lib/types";
import { violations } from "@/test/axe";
import { FakeApi } from "@/test/fake-api";
import { localModel, taskOf } from "@/test/fake-models";
import { openWindow } from "@/test/window";
import { fitWords, parameters } from "./facts";
import { words } from "./task-row";

const open = async (server: FakeApi) => {
  const page = await openWindow(server, "/models");
  await screen.findByRole("heading", { name: "Built-in model" });
  return page;
};

it("lists the models with what they can do and whether they fit", async () => {
  const { user } = await open(new FakeApi());
  expect(await violations()).toEqual([]);
  const main = within(screen.getByRole("main"));
  expect(main.getByText(/Reads text and pictures · 2.2 B parameters, 4-bit · 1.3 GB/).textContent).toContain("Tight");
  await user.click(main.getByRole("button", { name: "Details of org/small" }));
  expect(main.getByText("Takes about 2.4 GB of 16 GB of memory. Other programs will have little.")).toBeTruthy();
  expect(main.getByText("32,768 tokens")).toBeTruthy();
  expect(await violations()).toEqual([]);
});

it("lets another model answer, and says why one does not", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  server.models.refusal = { code: "model_failed", sentence: "The model could not be loaded.", action: "Choose another model." };
  await user.click(screen.getByRole("button", { name: "Use org/small" }));
  expect((await screen.findByRole("alert")).textContent).toBe("The model could not be loaded. Choose another model.");
  await screen.findByRole("button", { name: "Model Built-in model: Ready" });
  server.models.refusal = undefined;
  await user.click(screen.getByRole("button", { name: "Use org/small" }));
  await screen.findByRole("button", { name: "Model org/small: Ready" });
  await screen.findByRole("button", { name: "Use Built-in model" });
  expect(screen.queryByRole("alert")).toBeNull();
  expect(server.models.asked).toEqual([{ use: "org/small" }, { use: "org/small" }]);
});

it("removes a model only when that is confirmed, and says what is freed", async () => {
  const server = new FakeApi();
  server.models.here.push(localModel("/pictures/mine", { name: "mine", kind: ModelFolder }));
  const { user } = await open(server);
  await user.click(screen.getByRole("button", { name: "Remove org/small" }));
  expect(screen.getByText(/That frees 1.3 GB. Other programs/)).toBeTruthy();
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  expect(server.models.asked).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Remove org/small" }));
  await user.click(screen.getByRole("button", { name: "Remove" }));
  await screen.findByText("org/small was removed: 1.3 GB are free again.");
  await user.click(screen.getByRole("button", { name: "Remove mine" }));
  expect(screen.getByText(/Its folder stays where it is/)).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Remove" }));
  await waitFor(() => expect(server.models.asked).toEqual([{ remove: "org/small" }, { remove: "/pictures/mine" }]));
  expect(screen.queryByRole("button", { name: "Remove Built-in model" })).toBeNull();
});

it("does not offer a model that does not open or fit", async () => {
  const server = new FakeApi();
  server.models.here = [
    localModel("a/torn", { problem: { code: "model_failed", sentence: "The model could not be loaded." }, fit: undefined }),
    localModel("a/huge", { fit: "too_big" }),
    ...server.models.here,
  ];
  await open(server);
  for (const name of ["Use a/torn", "Use a/huge"]) expect(screen.getByRole<HTMLButtonElement>("button", { name }).disabled).toBe(true);
  expect(screen.getByText("The model could not be loaded.")).toBeTruthy();
});

it("names sizes as models are called", () => {
  expect([256e6, 2.2e9, 7e9, 999.6e6].map(parameters)).toEqual(["256 M parameters", "2.2 B parameters", "7 B parameters", "1000 M parameters"]);
  expect(fitWords("too_big", 40e9, 16e9)?.says).toBe("Takes about 40 GB of 16 GB of memory.");
  expect(fitWords("", 0, 16e9)).toBeUndefined();
});

it("downloads what is recommended, and pauses, goes on and cancels", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  await user.click(screen.getByRole("button", { name: "Download org/reader" }));
  expect((await screen.findByRole("progressbar", { name: "org/reader" })).getAttribute("aria-valuenow")).toBe("9");
  expect(screen.getByText("120 MB of 1.3 GB · 12 MB/s · 1 min 40 s left")).toBeTruthy();
  expect(await violations()).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Pause org/reader" }));
  await screen.findByText("Paused at 120 MB of 1.3 GB");
  await user.click(screen.getByRole("button", { name: "Go on with org/reader" }));
  await user.click(await screen.findByRole("button", { name: "Cancel org/reader" }));
  expect(screen.getByText("What came of it is removed: 120 MB.")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Cancel Download" }));
  await waitFor(() => expect(screen.queryByRole("progressbar")).toBeNull());
  expect(server.models.asked).toEqual([{ download: "org/reader" }, { pause: "org/reader" }, { resume: "org/reader" }, { cancel: "org/reader" }]);
});

it("asks the hub only when the person does", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  const field = screen.getByRole("searchbox", { name: "Name of a model" });
  await user.type(field, "org");
  expect(screen.getByText("Searching, details and downloads ask huggingface.co. Nothing else does.")).toBeTruthy();
  expect(server.models.asked).toEqual([]);
  await user.keyboard("{Enter}");
  await screen.findByText("3 models, most downloaded first.");
  expect(screen.getByText("about 1.3 GB · 1,200 downloads · wants a token")).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Download org/bert" }).disabled).toBe(true);
  await user.click(screen.getByRole("button", { name: "Details of org/one" }));
  await screen.findByText(/Reads text and pictures. 1.3 GB to download. Fits: Takes about 2.2 GB of 16 GB/);
  expect(await violations()).toEqual([]);
  expect(server.models.asked).toEqual([{ search: "org" }, { offer: "org/one" }]);
  server.models.refusal = { code: "hub", sentence: "The hub does not answer as a hub does.", action: "Try again." };
  await user.clear(field);
  await user.type(field, "other{Enter}");
  await screen.findByText("The hub does not answer as a hub does.");
});

it("offers no network where it is forbidden", async () => {
  const server = new FakeApi();
  server.models.hub = "";
  await open(server);
  expect(screen.getByText("The network is forbidden by HF_HUB_OFFLINE.")).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Download org/reader" }).disabled).toBe(true);
});

it("says why a download failed, and tries again", async () => {
  const server = new FakeApi();
  server.models.tasks = [taskOf("org/gated", { phase: "failed", problem: { code: "no_access", sentence: "This wants a token." } })];
  const { user } = await open(server);
  expect((await screen.findByRole("alert")).textContent).toBe("This wants a token.");
  await user.click(screen.getByRole("button", { name: "Try org/gated again" }));
  expect(server.models.asked).toEqual([{ resume: "org/gated" }]);
});

it("tells how far a task is", () => {
  expect(words(taskOf("a", { phase: "waiting" }))).toBe("Waits for the one before");
  expect(words(taskOf("a", { total_bytes: 0 }))).toBe("Begins");
  expect(words(taskOf("a", { bytes_per_s: undefined }))).toBe("120 MB of 1.3 GB");
  expect(words(taskOf("a", { done_bytes: 1_270_000_000 }))).toBe("1.3 GB of 1.3 GB · Checking");
});

it("imports a folder, says why it cannot, and converts it", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  const field = screen.getByRole("textbox", { name: "Path of a model folder" });
  server.models.refusal = { code: "no_folder", sentence: "There is no such folder.", action: "Write its whole path." };
  await user.type(field, "/pictures/mine{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe("There is no such folder. Write its whole path.");
  expect(await violations()).toEqual([]);
  server.models.refusal = undefined;
  await user.click(screen.getByRole("button", { name: "Import" }));
  await user.click(await screen.findByRole("button", { name: "Details of mine" }));
  await user.click(screen.getByRole("button", { name: "Convert to 4 Bits" }));
  expect(await screen.findByRole("heading", { name: "/pictures/mine, to 4 bits" })).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>("button", { name: "Convert to 4 Bits" }).disabled).toBe(true);
  expect(screen.queryByRole("button", { name: "Pause /pictures/mine" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Details of org/small" }));
  expect(screen.getAllByRole("button", { name: "Convert to 4 Bits" })).toHaveLength(1); // that one has 4 bits already
  expect(server.models.asked).toEqual([{ import: "/pictures/mine" }, { import: "/pictures/mine" }, { convert: "/pictures/mine" }]);
});

it("takes a token and shows it never again", async () => {
  const server = new FakeApi();
  const { user } = await open(server);
  const field = screen.getByLabelText<HTMLInputElement>("Access token of the hub");
  expect(field.type).toBe("password");
  server.models.refusal = { code: "bad_token", sentence: "This is not an access token." };
  await user.type(field, "x{Enter}");
  expect((await screen.findByRole("alert")).textContent).toBe("This is not an access token.");
  server.models.refusal = undefined;
  await user.clear(field);
  await user.type(field, "hf_secret123{Enter}");
  await user.click(await screen.findByRole("button", { name: "Forget" }));
  await waitFor(() => expect(screen.queryByRole("button", { name: "Forget" })).toBeNull());
  expect(server.models.token).toBe("");
  expect(document.body.innerHTML).not.toContain("hf_secret");
});
