import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TuneTraining } from "@/lib/types";
import { violations } from "@/test/axe";
import { chatOf, FakeApi } from "@/test/fake-api";
import { runOf, settings } from "@/test/fake-tuning";
import { openWindow } from "@/test/window";

// jsdom has no canvas to draw curves on.
vi.mock("uplot", () => ({ default: class { setData() {} setSize() {} destroy() {} } }));

afterEach(() => vi.restoreAllMocks());

const server = () => new FakeApi(chatOf("c1", "Network settings"));
const button = (name: string | RegExp) => screen.findByRole("button", { name });

describe("the wizard", () => {
  it("leads from pictures to a training", async () => {
    const fake = server();
    const { user } = await openWindow(fake);
    await user.click(screen.getByRole("link", { name: "Fine-tune" }));
    await user.click(await button("New training"));

    // 1: a row has no answer, so that there is no way on before it has one.
    await user.click(await button(/example/));
    expect((await screen.findAllByText(/1 to correct or leave out/)).length).toBe(1);
    expect((await button("Continue")).hasAttribute("disabled")).toBe(true);
    expect(await violations()).toEqual([]);
    const answer = screen.getByRole("textbox", { name: "Answer for line 2" });
    await user.type(answer, "cracked{Enter}");
    await waitFor(() => expect(screen.queryByText(/to correct/)).toBeNull());
    expect(fake.tuning.data?.rows[0]?.answer).toBe("cracked");
    await user.click(await button("Let the model suggest an answer for line 3"));
    await waitFor(() => expect(fake.tuning.data?.rows[1]?.answer).toBe("a washer"));
    await user.click(await button("Leave out line 4"));
    await button("Use line 4");
    await user.click(await button("Continue"));

    // 2
    await user.click(await screen.findByRole("radio", { name: /Describe or read/ }));
    await user.click(await button("Details"));
    const passes = screen.getByRole("spinbutton", { name: /Passes/ });
    await user.clear(passes);
    await user.type(passes, "5");
    await user.click(await button("Estimate time and memory"));
    expect(await screen.findByText("about 1 min 35 s")).toBeTruthy();
    expect(screen.getByText("0.5 GB of 8.0 GB free")).toBeTruthy();
    expect(await violations()).toEqual([]);
    const name = screen.getByRole("textbox", { name: "Name of the training" });
    await user.clear(name);
    await user.type(name, "my/parts");
    await user.click(await button("Start training"));
    expect(fake.tuning.asked.at(-1)).toEqual({ name: "my/parts", settings: { ...settings, layers: 0, lr: 0.0002, passes: 5 } });
    expect(await screen.findByText("Step 1 of 2")).toBeTruthy();
  });

  it("leads from a training to an adapter that answers in a chat", async () => {
    const fake = server();
    fake.tuning.runs.set("my/parts", runOf("my/parts", { phase: TuneTraining, step: 1, tuned: undefined }));
    const { user } = await openWindow(fake, "/tune/runs/my%2Fparts/train");

    // 3: it pauses, goes on and ends.
    expect(await screen.findByText("Step 1 of 2")).toBeTruthy();
    expect(screen.getByRole("img", { name: /Curves of the loss/ })).toBeTruthy();
    expect(await violations()).toEqual([]);
    await user.click(await button("Pause"));
    expect(await screen.findByText("Paused at step 1 of 2")).toBeTruthy();
    await user.click(await button("Go on"));
    fake.tuning.change("my/parts", { ...runOf("my/parts") });
    expect(await screen.findByText("Finished")).toBeTruthy();
    await user.click(await button("Continue"));

    // 4
    expect(within(await screen.findByRole("region", { name: "After" })).getByText("1 of 1 right")).toBeTruthy();
    expect(screen.getByText("A button.")).toBeTruthy();
    const good = await button("Good answer for validation, line 2");
    await user.click(good);
    await waitFor(() => expect(good.getAttribute("aria-pressed")).toBe("true"));
    expect(await violations()).toEqual([]);
    await user.click(await button("Continue"));

    // 5
    const kept = await screen.findByRole("textbox", { name: "Name" });
    await user.clear(kept);
    await user.type(kept, "parts");
    await user.type(screen.getByRole("textbox", { name: "Note" }), "sixty pictures");
    expect(await violations()).toEqual([]);
    await user.click(await button("Export"));
    expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual([
      "Adapter for PEFT",
      "Adapter for mlx-vlm",
      "Whole model with it",
    ]);
    await user.click(screen.getByRole("menuitem", { name: "Adapter for mlx-vlm" }));
    expect(await screen.findByText("/downloads/parts mlx")).toBeTruthy();
    expect(fake.tuning.runs.get("parts")?.note).toBe("sixty pictures");
    await user.click(await button("Use in a chat"));
    await waitFor(() => expect(window.location.hash).toBe("#/chats/c2"));
    expect(fake.chats.get("c2")?.adapter).toBe("parts");

    // The chat can go on without it.
    await user.click(await button("Answers come from parts"));
    await user.click(await screen.findByRole("menuitemradio", { name: "Model alone" }));
    await waitFor(() => expect(fake.chats.get("c2")?.adapter).toBeUndefined());
  });
});

describe("the list of trainings", () => {
  it("tells what each reached, and deletes one when asked twice", async () => {
    const fake = server();
    fake.tuning.runs.set("parts", runOf("parts", { note: "first" }));
    fake.tuning.runs.set("other", runOf("other", { fits: false }));
    const { user } = await openWindow(fake, "/tune");
    expect(await screen.findByText("Finished · 1 of 1 right, 0 before · first")).toBeTruthy();
    expect(screen.getByText(/Made for another model/)).toBeTruthy();
    const confirm = vi.spyOn(window, "confirm").mockReturnValueOnce(false).mockReturnValue(true);
    await user.click(await button("Delete parts"));
    expect(fake.tuning.runs.has("parts")).toBe(true);
    await user.click(await button("Delete parts"));
    await waitFor(() => expect(screen.queryByText("parts")).toBeNull());
    expect(confirm).toHaveBeenCalledTimes(2);
  });

  it("takes an adapter of another program", async () => {
    const fake = server();
    const { user } = await openWindow(fake, "/tune");
    await user.click(await button("Import an adapter"));
    expect(await violations()).toEqual([]);
    const folder = screen.getByRole("textbox", { name: "Folder" });
    await user.type(folder, "tiles");
    await user.click(await button("Import"));
    expect(await screen.findByText("There is no adapter for this model there.")).toBeTruthy();
    await user.clear(folder);
    await user.type(folder, "/adapters/tiles/");
    await user.click(await button("Import"));
    expect(await screen.findByRole("heading", { name: "Keep what it learnt" })).toBeTruthy();
    expect(fake.tuning.asked).toEqual([
      { path: "tiles", name: "tiles" },
      { path: "/adapters/tiles/", name: "tiles" },
    ]);
    expect((await button("Train")).hasAttribute("disabled")).toBe(true);
  });

  it("stops a training and keeps what it has", async () => {
    const fake = server();
    fake.tuning.runs.set("parts", runOf("parts", { phase: TuneTraining, step: 1, steps: 9 }));
    const { user } = await openWindow(fake, "/tune/runs/parts/train");
    await user.click(await button("Stop and keep"));
    expect(await screen.findByText("Finished")).toBeTruthy();
  });

  it("says why a training ended early", async () => {
    const fake = server();
    const problem = { code: "train_diverged", sentence: "The training went astray.", action: "Try a lower learning rate." };
    fake.tuning.runs.set("parts", runOf("parts", { phase: "failed", problem }));
    await openWindow(fake, "/tune/runs/parts/train");
    expect((await screen.findByRole("alert")).textContent).toContain("The training went astray. Try a lower learning rate.");
    expect(await violations()).toEqual([]);
  });
});
