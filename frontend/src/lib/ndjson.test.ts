import { describe, expect, it } from "vitest";
import { ndjson } from "./ndjson";

const chunked = (...chunks: (string | Uint8Array)[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      }
      controller.close();
    },
  });

async function all(stream: ReadableStream<Uint8Array>) {
  const values: unknown[] = [];
  for await (const value of ndjson(stream)) values.push(value);
  return values;
}

describe("ndjson", () => {
  it("puts together a line that came in pieces", async () => {
    expect(await all(chunked('{"a":', "1}\n{", '"a":2}\n'))).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it("puts together a character whose bytes came apart", async () => {
    const bytes = new TextEncoder().encode('{"a":"é…"}\n');
    const cuts = [...bytes.keys()].map((i) => all(chunked(bytes.slice(0, i), bytes.slice(i))));
    for (const values of await Promise.all(cuts)) expect(values).toEqual([{ a: "é…" }]);
  });

  it("takes a last line without its end, and skips empty ones", async () => {
    expect(await all(chunked("\n1\n\n2"))).toEqual([1, 2]);
  });

  it("lets go of the connection when the reader leaves early", async () => {
    let cancelled = false;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("1\n")),
      cancel: () => void (cancelled = true),
    });
    for await (const value of ndjson(stream)) {
      expect(value).toBe(1);
      break;
    }
    expect(cancelled).toBe(true);
  });
});
