import { cpSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { violations } from "./axe";
import { Hub } from "./hub";
import { expect, test, type Window } from "./window";

const tiny = "../engine/testdata/smolvlm-whole";

let hub: Hub;

test.beforeEach(async () => {
  hub = new Hub("org/tiny-vlm", tiny);
  await hub.open();
});

test.afterEach(() => hub.close());

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({
      colorScheme,
      before: {
        prepare: (home) => {
          cpSync(tiny, join(home, "models", "tiny-4bit"), { recursive: true });
          cpSync(tiny, join(home, "models", "torn"), { recursive: true, filter: (path) => !path.endsWith(".safetensors") });
          return { HF_ENDPOINT: hub.address };
        },
      },
    });
    test("another model answers, and one is removed", models);
    test("a folder is imported, converted and used", convert);
    test("a model is found, downloaded with a pause, and used", download);
  });
}

const shooter = (window: Window) => async (name: string) => {
  expect.soft(await violations(window), name).toEqual([]);
  if (process.env.SHOTS) await window.page.screenshot({ path: join(process.env.SHOTS, `models-${name}-${test.info().titlePath[1]}.png`) });
};

test("the models fit a narrow window", async ({ window }) => {
  const { page } = window;
  await page.setViewportSize({ width: 420, height: 900 });
  await page.getByRole("button", { name: /^Model / }).click();
  await page.getByRole("link", { name: "Choose Another…" }).click();
  await page.getByRole("button", { name: "Details of Sightglass built-in" }).click();
  expect(await page.evaluate(() => Math.max(...[...document.querySelectorAll("main, main *")].map((e) => e.scrollWidth)))).toBeLessThanOrEqual(420);
  await shooter(window)("narrow");
});

async function models({ window }: { window: Window }) {
  const { page } = window;
  const shot = shooter(window);
  const model = (name: string, word: string) => page.getByRole("button", { name: `Model ${name}: ${word}` });
  const rows = page.getByRole("region", { name: "On this machine" });

  await page.getByRole("link", { name: "Models" }).click();
  await expect(rows.getByRole("heading")).toHaveText(["On this machine", "Sightglass built-in", "tiny-4bit", "torn"]);
  await rows.getByRole("button", { name: "Details of Sightglass built-in" }).click();
  await expect(rows.getByText("In use")).toBeVisible();
  await expect(rows.getByRole("button", { name: "Use torn" })).toBeDisabled();
  await shot("1-list");

  await rows.getByRole("button", { name: "Use tiny-4bit" }).click();
  await expect(model("tiny-4bit", "Ready")).toBeVisible();
  await expect(rows.getByRole("button", { name: "Remove tiny-4bit" })).toBeDisabled();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("combobox", { name: "Unload it" }).selectOption("After 15 minutes");
  await expect(page.getByText("tiny-4bit").last()).toBeVisible();
  await shot("2-settings");
  await page.getByRole("link", { name: "Choose…" }).click();

  await rows.getByRole("button", { name: "Remove torn" }).click();
  await expect(page.getByRole("alertdialog")).toContainText("That frees");
  await shot("3-remove");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(rows.getByRole("heading", { name: "torn" })).toHaveCount(0);

  await rows.getByRole("button", { name: "Use Sightglass built-in" }).click();
  await model("Sightglass built-in", "Ready").click();
  await shot("4-badge");
}

async function download({ window }: { window: Window }) {
  const { page } = window;
  const shot = shooter(window);
  await page.getByRole("link", { name: "Models" }).click();
  await expect(page.getByRole("region", { name: "Recommended for this machine" }).getByRole("heading", { level: 3 }).first()).toBeVisible();
  await shot("5-recommended");
  await page.getByRole("searchbox", { name: "Name of a model" }).fill("tiny");
  await page.keyboard.press("Enter");
  await expect(page.getByText("1 model, most downloaded first.")).toBeVisible();
  await page.getByRole("button", { name: "Details of org/tiny-vlm" }).click();
  await expect(page.getByText(/Reads text and pictures\. 380 KB to download\. Fits/)).toBeVisible();
  await page.getByRole("button", { name: "Details of org/tiny-vlm" }).scrollIntoViewIfNeeded();
  await shot("6-search");

  await page.getByRole("button", { name: "Download org/tiny-vlm" }).click();
  await expect.poll(() => hub.waits).toBe(true);
  const way = page.getByRole("region", { name: "On their way" });
  await way.scrollIntoViewIfNeeded();
  await expect(way.getByText(/ of 380 KB/)).toBeVisible();
  await shot("7-download");
  await way.getByRole("button", { name: "Pause org/tiny-vlm" }).click();
  await expect(way.getByText(/^Paused at .* of 380 KB$/)).toBeVisible();
  await page.reload();
  await expect(way.getByText(/^Paused at .* of 380 KB$/)).toBeVisible();
  await way.getByRole("button", { name: "Go on with org/tiny-vlm" }).click();
  await expect(way).toHaveCount(0); // it stands above the models: what is below moves up as it goes
  await page.getByRole("button", { name: "Use org/tiny-vlm" }).click();
  await expect(page.getByRole("button", { name: "Model org/tiny-vlm: Ready" })).toBeVisible();
  await shot("8-used");
  await page.keyboard.press("ControlOrMeta+n");
  await window.ask("What is that?");
  await expect(window.answers).toHaveCount(1);
}

async function convert({ window }: { window: Window }) {
  const { page } = window;
  const shot = shooter(window);
  const folder = join(window.home, "elsewhere", "mine");
  cpSync(tiny, folder, { recursive: true });
  await page.getByRole("link", { name: "Models" }).click();
  const path = page.getByRole("textbox", { name: "Path of a model folder" });
  await path.fill(join(folder, "config.json"));
  await path.press("Enter");
  await expect(page.getByText("This folder holds no model that can run here.")).toBeVisible();
  await shot("9-no-model");
  await path.fill(folder);
  await path.press("Enter");
  await page.getByRole("button", { name: "Details of mine" }).click();
  await shot("10-imported");
  await page.getByRole("button", { name: "Convert to 4 Bits" }).click();
  await expect(page.getByRole("heading", { name: "mine-4bit" })).toBeVisible();
  await page.getByRole("button", { name: "Use mine-4bit" }).click();
  await expect(page.getByRole("button", { name: "Model mine-4bit: Ready" })).toBeVisible();
  await page.getByRole("button", { name: "Remove mine", exact: true }).click();
  await expect(page.getByRole("alertdialog")).toContainText("Its folder stays where it is");
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await expect(page.getByRole("heading", { name: "mine", exact: true })).toHaveCount(0);
  expect(existsSync(join(folder, "model.safetensors"))).toBe(true);

  const token = page.getByLabel("Access token of the hub");
  await token.fill("hf_secret123");
  await token.press("Enter");
  await expect(page.getByRole("button", { name: "Forget" })).toBeVisible();
  await shot("11-token");
  expect(statSync(join(window.home, "hub-token")).mode & 0o777).toBe(0o600);
}
