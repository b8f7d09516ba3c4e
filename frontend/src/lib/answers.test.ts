import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { chatOf, hand, message, stats } from "@/test/fake-api";
import { ApiError } from "./api";
import { Answers, put } from "./answers";
import { chatKey } from "./keys";
import {
  type ChatDetail,
  KindAnswer,
  KindDone,
  KindError,
  KindQuestion,
  KindStage,
  KindToken,
  RoleAssistant,
  StageVision,
} from "./types";

const question = message("q", { text: "What is it?" });
const answer = message("a", { role: RoleAssistant });

function begin(thread = [] as ChatDetail["thread"]) {
  const cache = new QueryClient();
  cache.setQueryData(chatKey("c"), chatOf("c", "", thread));
  const dealt = hand();
  const calls = { ask: vi.fn(dealt.stream), regenerate: vi.fn(dealt.stream), stop: vi.fn(async () => {}) };
  const shown = () => cache.getQueryData<ChatDetail>(chatKey("c"))?.thread.map((m) => m.text);
  return { answers: new Answers(cache, calls), calls, shown, cache, ...dealt };
}

describe("Answers", () => {
  it("resolves with the question taken, shows words before the end, and ends with the stored answer", async () => {
    const { answers, deal, shown } = begin();
    const asked = answers.ask("c", { text: "What is it?" });
    expect(answers.running("c")).toEqual({});
    deal({ kind: KindQuestion, message: question }, { kind: KindAnswer, message: answer });
    await asked;
    deal({ kind: KindStage, stage: StageVision }, { kind: KindToken, text: "A " }, { kind: KindToken, text: "but" });
    await vi.waitFor(() => expect(shown()).toEqual(["What is it?", "A but"]));
    expect(answers.running("c")).toEqual({ answer: "a", stage: StageVision });
    deal({ kind: KindToken, text: "ton" }, { kind: KindDone, message: { ...answer, text: "A button.", stats } });
    await vi.waitFor(() => expect(answers.running("c")).toBeUndefined());
    expect(shown()).toEqual(["What is it?", "A button."]);
  });

  it("rejects when the question is refused, and keeps the conversation", async () => {
    const { answers, calls, shown } = begin([question]);
    calls.ask.mockImplementation(async function* () {
      throw new ApiError({ code: "busy", sentence: "This chat is still being answered." });
    });
    await expect(answers.ask("c", { text: "again" })).rejects.toThrow("still being answered");
    expect(shown()).toEqual(["What is it?"]);
    expect(answers.running("c")).toBeUndefined();
  });

  it("keeps the words of an answer that breaks off, with the problem", async () => {
    const { answers, deal, end, cache } = begin();
    const asked = answers.ask("c", { text: "What is it?" });
    deal({ kind: KindQuestion, message: question }, { kind: KindAnswer, message: answer }, { kind: KindToken, text: "A b" });
    await asked;
    end();
    await vi.waitFor(() => expect(answers.running("c")).toBeUndefined());
    const last = cache.getQueryData<ChatDetail>(chatKey("c"))?.thread.at(-1);
    expect(last).toMatchObject({ text: "A b", problem: { code: "broken_off" } });
  });

  it("takes the stored answer of an error, problem and all", async () => {
    const { answers, deal, cache } = begin();
    const problem = { code: "too_long", sentence: "This conversation is too long for the model." };
    void answers.ask("c", { text: "What is it?" });
    deal({ kind: KindQuestion, message: question }, { kind: KindAnswer, message: answer });
    deal({ kind: KindError, problem, message: { ...answer, problem } });
    await vi.waitFor(() => expect(answers.running("c")).toBeUndefined());
    expect(cache.getQueryData<ChatDetail>(chatKey("c"))?.thread.at(-1)?.problem).toEqual(problem);
  });

  it("cuts the thread at the question that is edited only once the server has taken it", async () => {
    const old = [question, { ...answer, text: "Old." }, message("q2", { text: "And?" })];
    const { answers, deal, shown } = begin(old);
    const asked = answers.ask("c", { text: "What now?", replace: "q" });
    expect(shown()).toHaveLength(3);
    deal({ kind: KindQuestion, message: message("q3", { text: "What now?" }) });
    await asked;
    expect(shown()).toEqual(["What now?"]);
  });

  it("tells its listeners of every change and no one after they have left", async () => {
    const { answers, deal } = begin();
    const heard = vi.fn();
    const leave = answers.subscribe(heard);
    void answers.ask("c", { text: "q" });
    expect(heard).toHaveBeenCalledTimes(1);
    leave();
    deal({ kind: KindDone, message: answer });
    await vi.waitFor(() => expect(answers.running("c")).toBeUndefined());
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe("put", () => {
  const ids = (detail: ChatDetail) => detail.thread.map((m) => m.id);
  const thread = [question, answer, message("q2", {}), message("a2", { role: RoleAssistant })];

  it("replaces a message that is there, and adds one that is not", () => {
    expect(ids(put(chatOf("c", "", thread), message("q2", { text: "x" })))).toEqual(["q", "a", "q2", "a2"]);
    expect(ids(put(chatOf("c", "", thread), message("q3", {})))).toEqual(["q", "a", "q2", "a2", "q3"]);
  });

  it("lets an answer and what follows give way to the new answer", () => {
    expect(ids(put(chatOf("c", "", thread), message("a3", { role: RoleAssistant }), "a"))).toEqual(["q", "a3"]);
  });

  it("keeps a question that is answered anew", () => {
    expect(ids(put(chatOf("c", "", [question]), message("a3", { role: RoleAssistant }), "q"))).toEqual(["q", "a3"]);
  });
});
