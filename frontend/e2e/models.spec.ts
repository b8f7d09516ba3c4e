import { cpSync } from "node:fs";
import { join } from "node:path";
import { violations } from "./axe";
import { expect, test, type Window } from "./window";

const tiny = "../engine/testdata/smolvlm-whole";

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({
      colorScheme,
      before: {
        prepare: (home) => {
          cpSync(tiny, join(home, "models", "tiny-4bit"), { recursive: true });
          cpSync(tiny, join(home, "models", "torn"), { recursive: true, filter: (path) => !path.endsWith(".safetensors") });
          return {};
        },
      },
    });
    test("another model answers, and one is removed", models);
  });
}

async function models({ window }: { window: Window }) {
  const { page } = window;
  const shot = async (name: string) => {
    expect.soft(await violations(window), name).toEqual([]);
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `models-${name}-${test.info().titlePath[1]}.png`) });
  };
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
