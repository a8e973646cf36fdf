import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { main } from "../../src/cli/main.ts";

/** What a command left behind. */
export interface Outcome {
  readonly output: string;
  readonly errors: string;
  readonly exitCode: number;
}

/** Runs the command line within this process. */
export async function batchyard(...words: readonly string[]): Promise<Outcome> {
  let output = "";
  let errors = "";
  const toOutput = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += text;
    return true;
  });
  const toErrors = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += text;
    return true;
  });
  const listeners = process.stdout.listeners("error");
  try {
    await main(["node", "batchyard", ...words]);
    return { output, errors, exitCode: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = undefined;
    toOutput.mockRestore();
    toErrors.mockRestore();
    for (const listener of process.stdout.listeners("error")) {
      if (!listeners.includes(listener)) process.stdout.off("error", listener as () => void);
    }
  }
}

/** Starts the command line in a process of its own. */
export function start(...words: readonly string[]): ChildProcess {
  const entry = fileURLToPath(new URL("entry.ts", import.meta.url));
  return spawn(process.execPath, ["--import", "tsx", entry, ...words], { stdio: ["ignore", "pipe", "pipe"] });
}

/** What a process that was started leaves behind; `output` is empty where its reader has gone. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (text) => {
    output += text;
  });
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const [exitCode] = await once(child, "close");
  return { output, errors, exitCode };
}
