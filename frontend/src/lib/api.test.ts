import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, api } from "./api";

const answerWith = (body: BodyInit | null, status = 200) =>
  vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(body, { status }));

const failing = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => (error as ApiError).problem,
  );

afterEach(() => vi.restoreAllMocks());

describe("api", () => {
  it("sends a picture as bytes, never as a Blob or a form", async () => {
    const fetched = answerWith("{}");
    await api.upload("a b.png", new Uint8Array([1, 2]));
    const [path, init] = fetched.mock.calls[0] ?? [];
    expect(path).toBe("/api/pictures?name=a%20b.png");
    expect(init?.body).toBeInstanceOf(Uint8Array);
  });

  it("passes on the server's problem", async () => {
    const problem = { code: "busy", sentence: "This chat is still being answered.", action: "Stop the answer first." };
    answerWith(JSON.stringify({ problem }), 409);
    expect(await failing(api.createChat())).toEqual(problem);
  });

  it("says that the server does not answer when it is gone or talks nonsense", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("fetch failed"));
    expect(await failing(api.state())).toMatchObject({ code: "unreachable" });
    answerWith("<html>", 502);
    expect(await failing(api.state())).toMatchObject({ code: "unreachable" });
  });

  it("fails with one sentence when an answer's stream is cut within a line", async () => {
    answerWith('{"kind":"token","text":"a"}\n{"kind":"tok');
    const texts: unknown[] = [];
    const read = (async () => {
      for await (const event of api.ask("c1", { text: "q" })) texts.push(event.text);
    })();
    expect(await failing(read)).toMatchObject({ code: "broken_off" });
    expect(texts).toEqual(["a"]);
  });
});
