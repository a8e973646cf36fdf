import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { batchyard } from "./batchyard.ts";

const folder = mkdtempSync(join(tmpdir(), "policy-"));
afterAll(() => rmSync(folder, { recursive: true }));

const publicInterface = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

/** A module in a temporary folder, importing the public interface from where it stands here. */
function module(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text.replaceAll('from "batchyard"', `from ${JSON.stringify(publicInterface)}`));
  return file;
}

/** The code blocks of the guide in one language. */
function guide(language: string): string[] {
  const text = readFileSync(new URL("../../docs/adding-a-policy.md", import.meta.url), "utf8");
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, code]) => code!);
}

describe("a policy of one's own", () => {
  test("runs as the guide says, by the command line, leapt over or not, and is named in the report", async () => {
    const file = module("gentle.mjs", guide("js")[0]!);
    const { output, exitCode } = await batchyard("run", "default", "--limit", "300", "--policy", file);
    expect(exitCode).toBe(0);
    expect(output).toContain("policy gentle");
    expect(output).toMatch(/300 finished/);
  });

  test("runs as the guide says, from a program", async () => {
    module("gentle.mjs", guide("js")[0]!);
    const file = "scenarios/bursts.yaml";
    // Bursts, which it takes up less eagerly than the policy of the scenario.
    const program = guide("js")[1]!
      .replace('"scenario.yaml"', `"${file}"`)
      .replace("scenario, {}", `scenario, { scenarioFile: "${file}" }`)
      .replace("process.stdout.write(", "export const printed = (");
    const { printed } = (await import(module("program.mjs", program))) as { printed: string };
    expect(printed).toMatch(/20,000 finished/);
    expect(printed).toContain("policy gentle");
    const { output } = await batchyard("run", file, "--no-live");
    expect(output).toMatch(/20,000 finished/);
    expect(printed.split("\n").slice(3)).not.toEqual(output.split("\n").slice(3));
  });

  test("takes the scenario's options that it knows", async () => {
    const file = module(
      "told.mjs",
      `import { part, z } from "batchyard";
       export const policy = part({ summary: "", options: z.strictObject({ maxSequences: z.int() }), build: ({ maxSequences }) => {
         throw new Error("told " + maxSequences);
       } });`,
    );
    const { errors } = await batchyard("run", "default", "--policy", file);
    expect(errors).toContain("told 128");
  });

  test.each([
    ["admits more than waits", "{ plan: ({ waiting }) => ({ admit: waiting.length + 1 }) }", "more requests than wait"],
    ["overfills the KV cache", "{ plan: ({ waiting }) => ({ admit: waiting.length }) }", "overfilled the KV cache"],
    ["starts nothing", "{ plan: () => ({ admit: 0 }) }", "waiting for nothing"],
    ["plans nothing", "{ plan: () => undefined }", "the policy planned undefined"],
    ["says nothing of whom to admit", "{ plan: () => ({}) }", "admit: undefined (allowed: a whole number of requests)"],
    ["admits fewer than none", "{ plan: () => ({ admit: -1 }) }", "admit: -1"],
    ["reads what is no number", "{ plan: () => ({ admit: 1, promptTokens: NaN }) }", "promptTokens: NaN"],
    ["decodes perhaps", "{ plan: () => ({ admit: 1, decode: 'maybe' }) }", "decode: maybe (allowed: true, false)"],
    ["asks again for ever", "{ plan: () => ({ admit: 0, againSeconds: Infinity }) }", "againSeconds: Infinity"],
    ["holds for good", "{ plan: () => ({ admit: 1, hold: 'ever' }) }", "hold: ever (allowed: step, until-arrival"],
    ["throws", "{ plan: () => { throw new Error('no idea'); } }", "the policy threw Error: no idea"],
  ])("that %s ends the run with a message and exit code 2", async (name, code, message) => {
    const file = module(`${name.replaceAll(" ", "-")}.mjs`, `export const policy = ${code};`);
    const { errors, exitCode } = await batchyard("run", "kv-thrash", "--policy", file);
    expect(errors).toContain(message);
    expect(exitCode).toBe(2);
  });

  test("that is none is refused with what is allowed", async () => {
    const nothing = module("nothing.mjs", "export const other = 1;");
    expect((await batchyard("run", "default", "--policy", nothing)).errors).toContain("exports no policy");
    expect((await batchyard("run", "default", "--policy", "fifo")).errors).toMatch(/no policy fifo.*continuous/);
    expect((await batchyard("run", "default", "--policy", join(folder, "none.mjs"))).exitCode).toBe(2);
  });
});
