import { readFileSync } from "node:fs";
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { type Prepare, startServer } from "./server";

export { expect };

const screens = "../engine/builtin/testdata/screens";

/** Window is the page before a real server, by the words that a person uses for it. */
export class Window {
  readonly question: Locator;
  readonly answers: Locator;
  readonly questions: Locator;
  readonly chats: Locator;
  readonly attached: Locator;
  readonly stop: Locator;

  constructor(
    readonly page: Page,
    /** The data folder of its server. */
    readonly home: string,
  ) {
    this.question = page.getByRole("textbox", { name: "Question" });
    this.answers = page.getByRole("article", { name: "Answer" });
    this.questions = page.getByRole("article", { name: "Question" });
    this.chats = page.getByRole("navigation", { name: "Chats" });
    this.attached = page.getByRole("list", { name: "Pictures of the question" });
    this.stop = page.getByRole("button", { name: "Stop" });
  }

  /** ask types a question, sends it, and waits for the whole answer. */
  async ask(words: string) {
    await this.send(words);
    await this.done();
  }

  async send(words: string) {
    await this.question.fill(words);
    await this.begin(() => this.question.press("Enter"));
  }

  /** begin does what sets off an answer, and resolves when the server has taken it: a short answer may be over by then. */
  async begin(act: () => Promise<unknown>) {
    const taken = this.page.waitForResponse((response) => /\/(ask|regenerate)$/.test(response.url()));
    await act();
    await taken;
  }

  /** done waits for the end of the answer that runs. A new chat is shown only once its question is taken: until then nothing says so. */
  async done() {
    await expect(this.answers.last()).toBeAttached();
    await expect(this.stop).toBeHidden({ timeout: 180_000 });
  }

  /** drag holds files over the window as the system does; drop lets them fall. */
  async drag(...names: string[]) {
    const files = names.map((name) => [name, readFileSync(`${screens}/${name}`).toString("base64")] as const);
    const data = await this.page.evaluateHandle((all) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of all) {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, { type: "image/png" }));
      }
      return transfer;
    }, files);
    await this.page.dispatchEvent("body", "dragenter", { dataTransfer: data });
    await this.page.dispatchEvent("body", "dragover", { dataTransfer: data });
    return { drop: () => this.page.dispatchEvent("body", "drop", { dataTransfer: data }) };
  }

  /** attach drops files and waits until they are stored. */
  async attach(...names: string[]) {
    const held = await this.drag(...names);
    await held.drop();
    await expect(this.attached.getByRole("button", { name: /^Open/ })).toHaveCount(names.length);
  }
}

/** test gives each test a server and a window of its own, and fails it for whatever the page asks of another machine. */
export const test = base.extend<{ window: Window; before: { prepare: Prepare } }>({
  before: [{ prepare: () => ({}) }, { option: true }],
  window: async ({ page, before }, run) => {
    const server = await startServer(before.prepare);
    const { origin } = new URL(server.address);
    const strangers: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) strangers.push(request.url());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (line) => {
      // A refused call is the page's business to show; the browser notes it, too.
      if (line.type() === "error" && !line.text().startsWith("Failed to load resource")) complaints.push(line.text());
    });
    await page.goto(server.address);
    await page.getByRole("button", { name: "Skip" }).click(); // the first-run page, which has a test of its own
    await expect(page.getByRole("button", { name: /^Model .*: (Ready|Error)$/ })).toBeVisible({ timeout: 60_000 });
    await expect(page.getByRole("button", { name: /^Model/ })).toHaveAccessibleName(/Ready/, { timeout: 1 });
    await run(new Window(page, server.home));
    await server.stop();
    expect(strangers).toEqual([]);
    expect(complaints).toEqual([]);
  },
});
