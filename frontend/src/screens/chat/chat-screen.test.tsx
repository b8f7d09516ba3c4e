import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/lib/api";
import { KindAnswer, KindStage, KindToken, PhaseFailed, RoleAssistant, StageDecode, StageSlow } from "@/lib/types";
import { violations } from "@/test/axe";
import { chatOf, FakeApi, hand, message, picture, stats } from "@/test/fake-api";
import { openWindow } from "@/test/window";

const seen = { width: 1024, height: 640, rows: 2, cols: 3, tokens: 448 };
const told = chatOf("c1", "The dialog", [
  message("m1", { text: "What is it?", pictures: [{ ...picture, seen }] }),
  message("m2", { role: RoleAssistant, text: "A *dialog*.", stats }),
]);

const file = (name: string) => new File([new Uint8Array([1, 2, 3])], name, { type: "image/png" });
const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Question" });

afterEach(() => vi.restoreAllMocks());

describe("ChatScreen", () => {
  it("offers the sample picture with its questions, and answers one", async () => {
    const server = new FakeApi();
    const { user } = await openWindow(server);
    await user.click(await screen.findByRole("button", { name: "Which button is the default?" }));
    expect(await screen.findByText("Apply")).toBeTruthy();
    expect(server.asked).toEqual([{ text: "Which button is the default?", pictures: ["ab12"] }]);
    expect(window.location.hash).toBe("#/chats/c1");
  });

  it("shows what the model saw and how fast it was behind a disclosure", async () => {
    const { user } = await openWindow(new FakeApi(told), "/chats/c1");
    const disclosure = await screen.findByRole("button", { name: "1.2 s to first token · 38 tokens/s" });
    expect(screen.queryByText(/seen as/)).toBeNull();
    await user.click(disclosure);
    expect(screen.getByText("1280 × 800, seen as 1024 × 640 in 2 × 3 tiles, 448 tokens")).toBeTruthy();
    expect(await violations()).toEqual([]);
  });

  it("sends with Enter and breaks the line with Shift and Enter", async () => {
    const server = new FakeApi(told);
    const { user } = await openWindow(server, "/chats/c1");
    await user.type(field(), "One{Shift>}{Enter}{/Shift}two{Enter}");
    expect(server.asked).toEqual([{ text: "One\ntwo", pictures: [] }]);
    expect(field().value).toBe("");
  });

  it("does not send what is empty, nor on the Enter that ends a composed character", async () => {
    const server = new FakeApi(told);
    const { user } = await openWindow(server, "/chats/c1");
    await user.type(field(), "  {Enter}");
    await user.type(field(), "か");
    fireEvent.keyDown(field(), { key: "Enter", isComposing: true });
    expect(server.asked).toEqual([]);
  });

  it("takes dropped and pasted pictures, and lets go of one", async () => {
    const server = new FakeApi(told);
    const { user } = await openWindow(server, "/chats/c1");
    const files = [file("a.png"), file("b.png")];
    fireEvent.dragEnter(document.body, { dataTransfer: { types: ["Files"], files } });
    expect(screen.getByText("Drop pictures to ask about them")).toBeTruthy();
    fireEvent.drop(document.body, { dataTransfer: { types: ["Files"], files } });
    expect(screen.queryByText("Drop pictures to ask about them")).toBeNull();
    fireEvent.paste(document.body, { clipboardData: { types: ["Files"], files: [file("c.png")], items: [] } });
    const list = await screen.findByRole("list", { name: "Pictures of the question" });
    await waitFor(() => expect(within(list).getAllByRole("button", { name: /^Open/ })).toHaveLength(3));
    await user.click(within(list).getByRole("button", { name: "Remove b.png" }));
    expect(within(list).getAllByRole("listitem")).toHaveLength(2);
    await user.type(field(), "Which?{Enter}");
    expect(server.asked.at(-1)).toEqual({ text: "Which?", pictures: ["ab12", "ab12"] });
  });

  it("leaves pasted text to the field, even when the clipboard holds a picture of it", async () => {
    const server = new FakeApi(told);
    await openWindow(server, "/chats/c1");
    const clipboardData = { types: ["text/plain", "Files"], files: [file("cell.png")], items: [] };
    expect(fireEvent.paste(field(), { clipboardData })).toBe(true);
    expect(server.asked).toEqual([]);
  });

  it("says why a file was not taken", async () => {
    const server = new FakeApi(told);
    const problem = { code: "not_a_picture", sentence: "This file is not a picture.", action: "Use PNG." };
    server.calls.upload = async () => Promise.reject(new ApiError(problem));
    await openWindow(server, "/chats/c1");
    fireEvent.drop(document.body, { dataTransfer: { types: ["Files"], files: [file("a.pdf")] } });
    expect(await screen.findByText("This file is not a picture.")).toBeTruthy();
    expect(screen.queryByRole("list", { name: "Pictures of the question" })).toBeNull();
  });

  it("gives the question back when it is refused, and says why", async () => {
    const server = new FakeApi(told);
    server.calls.ask = async function* () {
      throw new ApiError({ code: "busy", sentence: "This chat is still being answered.", action: "Stop the answer first." });
    };
    const { user } = await openWindow(server, "/chats/c1");
    await user.type(field(), "And now?{Enter}");
    expect((await screen.findByRole("alert")).textContent).toBe("This chat is still being answered. Stop the answer first.");
    expect(field().value).toBe("And now?");
  });

  it("edits a question and sends it anew in its place", async () => {
    const server = new FakeApi(told);
    const { user } = await openWindow(server, "/chats/c1");
    await user.click(await screen.findByRole("button", { name: "Edit question" }));
    const editor = screen.getByRole("textbox", { name: "Edit the question" });
    await user.clear(editor);
    await user.type(editor, "Where is it?{Enter}");
    await screen.findByText("Apply");
    expect(server.asked).toEqual([{ text: "Where is it?", pictures: ["ab12"], replace: "m1" }]);
    expect(screen.queryByText("What is it?")).toBeNull();
  });

  it("answers again, and stops with Esc", async () => {
    const server = new FakeApi(told);
    server.calls.regenerate = async function* () {
      await new Promise(() => {});
    };
    const { user } = await openWindow(server, "/chats/c1");
    await user.click(await screen.findByRole("button", { name: "Answer again" }));
    expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
    await user.keyboard("{Escape}");
    expect(server.asked).toEqual([{ stop: "c1" }]);
  });

  it("deletes an answer and brings it back", async () => {
    const { user } = await openWindow(new FakeApi(told), "/chats/c1");
    await user.click(await screen.findByRole("button", { name: "Delete answer" }));
    expect(await screen.findByText("This question was not answered.")).toBeTruthy();
    await user.click(await screen.findByRole("button", { name: "Undo" }));
    expect(await screen.findByText("dialog")).toBeTruthy();
  });

  it("opens a picture large, and Esc closes it", async () => {
    const { user } = await openWindow(new FakeApi(told), "/chats/c1");
    await user.click(await screen.findByRole("button", { name: "Open screen.png, 1280 × 800" }));
    expect(within(screen.getByRole("dialog")).getByRole("img").getAttribute("src")).toBe("/api/pictures/ab12");
    await user.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("shows an answer that runs although this page did not ask for it", async () => {
    const half = message("m2", { role: RoleAssistant, text: "A dia", running: true });
    const server = new FakeApi(chatOf("c1", "", [message("m1", { text: "What is it?" }), half]));
    await openWindow(server, "/chats/c1");
    expect(await screen.findByRole("button", { name: "Stop" })).toBeTruthy();
    server.chats.set("c1", told);
    expect(await screen.findByRole("button", { name: "Answer again" })).toBeTruthy();
  });

  it("brings back what was not sent, and the screen that was shown", async () => {
    const server = new FakeApi(told);
    server.desk = { place: "/chats/c1", drafts: [{ text: "for later" }, { chat: "c1", text: "Half a que", pictures: [picture] }] };
    vi.stubGlobal("runtime", { BrowserOpenURL: () => {} });
    const { user } = await openWindow(server);
    await waitFor(() => expect(field().value).toBe("Half a que"));
    expect(window.location.hash).toBe("#/chats/c1");
    expect(screen.getByRole("button", { name: "Remove screen.png" })).toBeTruthy();
    await user.type(field(), "stion");
    await waitFor(() => expect(server.drafts.get("c1")).toEqual({ text: "Half a question", pictures: ["ab12"] }));
    await user.type(field(), "{Enter}");
    await waitFor(() => expect(server.drafts.get("c1")).toEqual({ text: "", pictures: [] }));
    await user.click(screen.getByRole("link", { name: "Settings" }));
    await waitFor(() => expect(server.places.at(-1)).toBe("/settings"));
    vi.unstubAllGlobals();
  });

  it("leaves a browser where its address leads", async () => {
    const server = new FakeApi(told);
    server.desk = { place: "/chats/c1", drafts: [{ text: "for later" }] };
    await openWindow(server);
    await waitFor(() => expect(field().value).toBe("for later"));
    expect(window.location.hash).toBe("#/");
  });

  it("says when nothing comes for long, until something does", async () => {
    const server = new FakeApi(told);
    const { stream, deal } = hand();
    server.calls.regenerate = stream;
    const { user } = await openWindow(server, "/chats/c1");
    await user.click(await screen.findByRole("button", { name: "Answer again" }));
    deal({ kind: KindAnswer, message: message("m2", { role: RoleAssistant }) }, { kind: KindToken, text: "Half" }, { kind: KindStage, stage: StageSlow });
    const answer = within(await screen.findByRole("article", { name: "Answer" }));
    expect(await answer.findByText("The model has said nothing for a minute. You can stop it.")).toBeTruthy();
    expect(answer.getByText("Half")).toBeTruthy();
    deal({ kind: KindStage, stage: StageDecode }, { kind: KindToken, text: " done" });
    expect(await answer.findByText("Half done")).toBeTruthy();
    expect(answer.queryByText(/said nothing/)).toBeNull();
  });

  it("offers to answer again what a crash interrupted", async () => {
    const problem = { code: "interrupted", sentence: "Sightglass ended before this answer did.", action: "Answer the question again." };
    const server = new FakeApi(chatOf("c1", "", [message("m1", { text: "What is it?" }), message("m2", { role: RoleAssistant, problem })]));
    const { user } = await openWindow(server, "/chats/c1");
    expect((await screen.findByRole("alert")).textContent).toContain("Sightglass ended before this answer did.");
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Apply")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("says what is wrong with the model", async () => {
    const server = new FakeApi();
    const error = { code: "model_failed", sentence: "The model could not be loaded.", action: "Start Sightglass again." };
    server.calls.state = async () => ({
      model: { id: "m", name: "Qwen", phase: PhaseFailed, vision: true, error },
      version: "",
    });
    await openWindow(server);
    expect((await screen.findByRole("alert")).textContent).toContain("The model could not be loaded.");
    expect(screen.getByRole("button", { name: "Model Qwen: Error" })).toBeTruthy();
  });
});
