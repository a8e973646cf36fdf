import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { bestLayout } from "../../src/bounds/best-layout.ts";
import { checkSpeculation, expectedTokens, speculativeLatency } from "../../src/bounds/speculative.ts";
import { golden, parity, relativeError } from "./golden.ts";

interface Row {
  readonly model: string;
  readonly draft_model: string;
  readonly accelerator: string;
  readonly accelerators: number;
  readonly batch: number;
  readonly context_tokens: number;
  readonly acceptance_probability: number;
  readonly max_draft_tokens: number;
  readonly seconds_per_token: number | null;
}

const draft = findArchitecture("llama-3-8b");
const llama = findArchitecture("llama-3-70b");
const h100 = findAccelerator("h100");

describe("speculative decoding", () => {
  test("equals every published figure", () => {
    for (const row of golden<Row[]>("speculative")) {
      const ours = speculativeLatency(
        findArchitecture(row.model),
        {
          draft: findArchitecture(row.draft_model),
          acceptance: row.acceptance_probability,
          maxDraftTokens: row.max_draft_tokens,
        },
        findAccelerator(row.accelerator),
        row.accelerators,
        row.batch,
        row.context_tokens,
      );
      expect(relativeError(ours.seconds, row.seconds_per_token), JSON.stringify(row)).toBeLessThanOrEqual(parity);
    }
  });

  test("never hurts, helps no less with longer drafts or better guesses, and is idle where no guess is right", () => {
    const probability = fc.double({ min: 0, max: 0.99, noNaN: true });
    const length = fc.integer({ min: 0, max: 8 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), probability, probability, length, (batch, one, other, most) => {
        const seconds = (acceptance: number, maxDraftTokens: number) =>
          speculativeLatency(llama, { draft, acceptance, maxDraftTokens }, h100, 8, batch, 1_000).seconds;
        const [worse, better] = [Math.min(one, other), Math.max(one, other)];
        const plain = bestLayout(llama, h100, 8, batch, 1_000).seconds;
        // Two chances of acceptance that differ by a rounding error give times that do.
        const orSlightlyMore = (limit: number) => limit * (1 + 1e-14);
        expect(seconds(worse, most)).toBeLessThanOrEqual(plain);
        expect(seconds(better, most)).toBeLessThanOrEqual(orSlightlyMore(seconds(worse, most)));
        expect(seconds(better, most + 1)).toBeLessThanOrEqual(seconds(better, most));
        expect(seconds(0, most)).toBe(plain);
      }),
    );
  });

  test("yields on average the guesses accepted in a row and one token more", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.integer({ min: 0, max: 30 }),
        (acceptance, guesses) => {
          let tokens = 0;
          for (let accepted = 0; accepted <= guesses; accepted++) tokens += acceptance ** accepted;
          expect(expectedTokens(acceptance, guesses)).toBeCloseTo(tokens, 9);
        },
      ),
    );
  });

  test.each([
    [{ draft, acceptance: 1, maxDraftTokens: 4 }, /acceptance.*1 is not/],
    [{ draft, acceptance: Number.NaN, maxDraftTokens: 4 }, /acceptance/],
    [{ draft, acceptance: 0.8, maxDraftTokens: 2.5 }, /maxDraftTokens.*2\.5/],
  ])("what cannot be computed with is a clear error (%#)", (speculation, message) => {
    expect(() => checkSpeculation(speculation, "speculation")).toThrow(message);
  });
});
