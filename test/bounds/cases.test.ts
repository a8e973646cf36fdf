import { describe, expect, test } from "vitest";
import { evaluateCase } from "../../src/bounds/cases.ts";
import { UserError } from "../../src/core/errors.ts";
import { golden, parity, relativeError } from "./golden.ts";

interface Row {
  readonly function: string;
  readonly seconds: number | null;
}

const good = {
  function: "final",
  model: "llama-3-70b",
  accelerator: "h100",
  accelerators: 8,
  batch: 64,
  context_tokens: 1000,
  tokens_per_sequence: 1,
};

const speculative = {
  ...good,
  function: "speculative",
  draft_model: "llama-3-8b",
  acceptance_probability: 0.8,
  max_draft_tokens: 4,
};

describe("cases of token latency", () => {
  test.each(["toy", "paper", "final"])("%s equals every published figure", (name) => {
    const rows = golden<Row[]>("token-latency").filter((row) => row.function === name);
    expect(rows.length).toBeGreaterThan(80);
    for (const row of rows) {
      expect(relativeError(evaluateCase(row), row.seconds), JSON.stringify(row)).toBeLessThanOrEqual(parity);
    }
  });

  test("tokens per sequence are 1 unless said", () => {
    const { tokens_per_sequence: _, ...short } = good;
    expect(evaluateCase(short)).toBe(evaluateCase(good));
  });

  test("speculative equals every published figure, named or not", () => {
    for (const { seconds_per_token, ...row } of golden<{ seconds_per_token: number | null }[]>("speculative")) {
      const about = JSON.stringify(row);
      expect(relativeError(evaluateCase(row), seconds_per_token), about).toBeLessThanOrEqual(parity);
      expect(evaluateCase({ function: "speculative", ...row })).toBe(evaluateCase(row));
    }
  });

  test("what does not fit is null", () => {
    expect(evaluateCase({ ...good, accelerators: 1 })).toBeNull();
    expect(evaluateCase({ ...good, batch: 0.5 })).toBeNull();
  });

  test.each([
    ["an unknown function", { ...good, function: "best" }, /case\.function.*"best".*toy, paper, final, speculative/],
    ["an unknown model", { ...good, model: "llama" }, /case\.model.*"llama"/],
    ["an unknown accelerator", { ...good, accelerator: 7 }, /case\.accelerator.*7/],
    ["no accelerators", { ...good, accelerators: 0 }, /case\.accelerators.*above 0/],
    ["a batch that is no number", { ...good, batch: "many" }, /case\.batch.*"many"/],
    ["a negative context", { ...good, context_tokens: -1 }, /case\.context_tokens.*0 or more/],
    ["a missing context", { ...good, context_tokens: undefined }, /case\.context_tokens/],
    ["a precision the hardware lacks", { ...good, model: "llama-3-70b-int4", accelerator: "a100" }, /A100.*4-bit/],
    ["a sure guess", { ...speculative, acceptance_probability: 1 }, /case\.acceptance.*1 is not/],
    ["an unknown draft", { ...speculative, draft_model: "tiny" }, /case\.draft_model.*"tiny"/],
    ["no object", null, /case: null/],
  ])("%s is a clear error", (_, fields, message) => {
    expect(() => evaluateCase(fields)).toThrow(UserError);
    expect(() => evaluateCase(fields)).toThrow(message);
  });
});
