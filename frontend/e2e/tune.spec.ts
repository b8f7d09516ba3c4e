import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { violations } from "./axe";
import { command } from "./server";
import { expect, test, type Window } from "./window";

/** fewParts draws the example and keeps so many of its pictures: a whole training takes minutes. */
function fewParts({ home }: Window, learn: number, check: number): string {
  const folder = join(home, "parts");
  execFileSync(command, ["example", folder]);
  for (const [table, n] of [
    ["train.csv", learn],
    ["validation.csv", check],
  ] as const) {
    const lines = readFileSync(join(folder, table), "utf8").split("\n");
    writeFileSync(join(folder, table), lines.slice(0, n + 1).join("\n"));
  }
  return folder;
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });
    test("the wizard leads from pictures to a chat that uses what was learnt", wizard);
  });
}

async function wizard({ window }: { window: Window }) {
  const { page } = window;
  const shot = async (name: string) => {
    expect.soft(await violations(window), name).toEqual([]);
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}-${test.info().project.use.colorScheme ?? ""}${test.info().titlePath[1]}.png`) });
  };
  const folder = fewParts(window, 5, 3);
  writeFileSync(join(folder, "train.csv"), `${readFileSync(join(folder, "train.csv"), "utf8")}\ntrain/part-06.png,What?,\n`);
  const next = page.getByRole("button", { name: "Continue" });

  await page.getByRole("link", { name: "Fine-tune" }).click();
  await shot("1-empty");
  await page.getByRole("button", { name: "New training" }).click();
  await page.getByRole("textbox", { name: "Path of a folder or table" }).fill(folder);
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByText("the answer is empty")).toBeVisible();
  await expect(next).toBeDisabled();
  await expect(page.getByRole("img", { name: "line 7" })).toHaveJSProperty("complete", true);
  await shot("2-pictures");
  const answer = page.getByRole("textbox", { name: "Answer for line 7" });
  await answer.fill("rusty");
  await answer.press("Enter");
  await expect(page.getByRole("status").filter({ hasText: "6 examples to learn from, 3 to check with" })).toBeVisible();
  await next.click();

  await page.getByRole("button", { name: "Details" }).click();
  await page.getByRole("spinbutton", { name: /^Steps/ }).fill("6");
  await page.getByRole("button", { name: "Estimate time and memory" }).click();
  await expect(page.getByText(/^about /)).toBeVisible({ timeout: 120_000 });
  await shot("3-goal");
  await page.getByRole("textbox", { name: "Name of the training" }).fill("Parts");
  await page.getByRole("button", { name: "Start training" }).click();

  // Pictures are looked at, the base answers, and meanwhile one can chat.
  await expect(page.getByText(/^Step [3-6] of 6|^Asking|^Finished/).first()).toBeVisible({ timeout: 120_000 });
  await shot("4-train");
  await expect(page.getByText("Finished")).toBeVisible({ timeout: 180_000 });
  await shot("5-trained");
  await next.click();
  await expect(page.getByRole("region", { name: "After" })).toContainText("of 3 right");
  await page.getByRole("button", { name: "Good answer for validation, line 2" }).click();
  await expect(page.getByRole("region", { name: "After" })).toContainText("1 liked");
  await shot("6-compare");
  await next.click();
  await page.getByRole("textbox", { name: "Name" }).fill("Sorter");
  await shot("7-keep");
  await page.getByRole("button", { name: "Use in a chat" }).click();
  await expect(page.getByRole("button", { name: "Answers come from Sorter" })).toBeVisible();
  await window.ask("Is this part good?");
  await page.getByRole("link", { name: "Fine-tune" }).click();
  await expect(page.getByRole("list", { name: "Trainings" })).toContainText("Sorter");
  await shot("8-list");

  // What it learnt goes to another program, and comes back.
  await page.getByRole("link", { name: "Sorter" }).click();
  await next.click();
  await page.getByRole("button", { name: "Export" }).click();
  await shot("9-export");
  await page.getByRole("menuitem", { name: "Adapter for mlx-vlm" }).click();
  const exported = join(window.home, "exports", "Sorter");
  await expect(page.getByText(exported)).toBeVisible();
  await page.getByRole("link", { name: "Fine-tune" }).click();
  await page.getByRole("button", { name: "Import an adapter" }).click();
  await page.getByRole("textbox", { name: "Folder" }).fill(exported);
  await page.getByRole("textbox", { name: "Name" }).fill("From mlx-vlm");
  await shot("10-import");
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Keep what it learnt" })).toBeVisible();
  await page.getByRole("link", { name: "Fine-tune" }).click();
  await expect(page.getByText("From another program")).toBeVisible();
  await shot("11-imported");
}

// Takes as long as the training: make tune-example runs it.
test("the example through the whole wizard @example", async ({ window }) => {
  test.setTimeout(30 * 60_000);
  const { page } = window;
  const next = page.getByRole("button", { name: "Continue" });
  await page.getByRole("link", { name: "Fine-tune" }).click();
  await page.getByRole("button", { name: "New training" }).click();
  await page.getByRole("button", { name: /example/ }).click();
  await expect(page.getByText("60 examples to learn from, 40 to check with")).toBeVisible({ timeout: 120_000 });
  await next.click();
  await page.getByRole("button", { name: "Start training" }).click();
  await expect(page.getByText("Finished")).toBeVisible({ timeout: 25 * 60_000 });
  await next.click();
  const right = async (region: string) =>
    Number(/(\d+) of 40 right/.exec(await page.getByRole("region", { name: region }).innerText())?.[1]);
  const [before, after] = [await right("Before"), await right("After")];
  console.log(`right on the 40 pictures to check with: ${before} before, ${after} after`);
  expect(after - before).toBeGreaterThanOrEqual(16); // 40 points
  await next.click();
  await page.getByRole("button", { name: "Use in a chat" }).click();
  await expect(page.getByRole("button", { name: /Answers come from/ })).toBeVisible();
});

test("a training goes on after a reload, pauses, and the example is there to try", async ({ window }) => {
  const { page } = window;
  await page.getByRole("link", { name: "Fine-tune" }).click();
  await page.getByRole("button", { name: "New training" }).click();
  await page.getByRole("button", { name: /example/ }).click();
  await expect(page.getByText("60 examples to learn from, 40 to check with")).toBeVisible({ timeout: 120_000 });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Start training" }).click();
  await expect(page.getByText(/picture [0-9]+ of/)).toBeVisible({ timeout: 120_000 });
  await page.reload();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Pause" })).toBeHidden();
});
