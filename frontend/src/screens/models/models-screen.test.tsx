import { screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";
import { ModelFolder } from "@/lib/types";
import { violations } from "@/test/axe";
import { FakeApi } from "@/test/fake-api";
import { localModel } from "@/test/fake-models";
import { openWindow } from "@/test/window";
import { fitWords, parameters } from "./facts";

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
