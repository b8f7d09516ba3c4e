import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const commit = "0123456789abcdef0123456789abcdef01234567";

/** Hub is a hub of this machine with one repository. The first time, its weights stop half way until they are let go. */
export class Hub {
  readonly #server: Server;
  readonly #files = new Map<string, Buffer>();
  #waiting: ServerResponse | undefined;
  #held = false;

  constructor(
    readonly repo: string,
    folder: string,
  ) {
    for (const name of readdirSync(folder)) this.#files.set(name, readFileSync(join(folder, name)));
    this.#server = createServer((request, response) => this.#answer(new URL(request.url ?? "/", "http://hub"), response, request.headers.range));
  }

  async open() {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get address() {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ pathname }: URL, response: ServerResponse, range: string | undefined) {
    const json = (value: unknown) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(value));
    if (pathname === "/api/models") {
      json([{ id: this.repo, downloads: 1234, gated: false, config: { architectures: ["SmolVLMForConditionalGeneration"] } }]);
    } else if (pathname === `/api/models/${this.repo}/revision/main`) {
      const siblings = [...this.#files].map(([rfilename, data]) => ({
        rfilename,
        size: data.length,
        lfs: { sha256: createHash("sha256").update(data).digest("hex"), size: data.length },
      }));
      json({ sha: commit, siblings });
    } else this.#send(pathname.replace(`/${this.repo}/resolve/${commit}/`, ""), response, range);
  }

  #send(name: string, response: ServerResponse, range: string | undefined) {
    const data = this.#files.get(name);
    if (!data) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    response.writeHead(from ? 206 : 200, {
      "Content-Length": data.length - from,
      ...(from && { "Content-Range": `bytes ${from}-${data.length - 1}/${data.length}` }),
    });
    if (name === "model.safetensors" && !this.#held) {
      this.#held = true;
      response.write(data.subarray(from, from + (data.length - from) / 2));
      this.#waiting = response;
      return;
    }
    response.end(data.subarray(from));
  }

  /** waits tells whether a client waits for the other half. */
  get waits() {
    return this.#waiting !== undefined;
  }
}
