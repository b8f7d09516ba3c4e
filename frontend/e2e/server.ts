import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const command = process.env.SIGHTGLASS ?? "../build/bin/sightglass";

/** Server is a real `sightglass serve` on a data folder of its own, with the built-in model. */
export interface Server {
  /** The address to open, token included. */
  address: string;
  /** The data folder. */
  home: string;
  stop(): Promise<void>;
}

/** Prepare fills a data folder before its server starts, and returns what the environment says besides. */
export type Prepare = (home: string) => Record<string, string>;

export async function startServer(prepare: Prepare = () => ({})): Promise<Server> {
  const home = mkdtempSync(join(tmpdir(), "sightglass-e2e-"));
  // One thread leaves a core to the browser, which would else first see an answer when it is whole.
  const child = spawn(command, ["serve", "--addr", "127.0.0.1:0", "--threads", "1"], {
    env: { ...process.env, SIGHTGLASS_HOME: home, HF_HUB_CACHE: join(home, "hub"), ...prepare(home) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = await firstLine(child);
  return {
    address,
    home,
    stop: async () => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGINT");
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout?.on("data", (data) => {
      out += String(data);
      if (out.includes("\n")) resolve(out.slice(0, out.indexOf("\n")).trim());
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`server: want an address on stdout, found exit ${code}`)));
  });
}
