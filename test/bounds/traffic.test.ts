import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findArchitecture } from "../../src/bounds/architectures.ts";
import { attentionPairs, bytes, flop } from "../../src/bounds/traffic.ts";
import { anyArchitecture, anyBatch, anyContext } from "./arbitraries.ts";
import { golden, parity, relativeError } from "./golden.ts";

interface Row {
  readonly model: string;
  readonly batch: number;
  readonly context_tokens: number;
  readonly tokens_per_sequence: number;
  readonly tp_first_dim: number;
  readonly tp_second_dim: number;
  readonly flop: number;
  readonly flop_as_latency_functions_call_it: number;
  readonly bytes: number;
}

describe("FLOP and bytes of a forward pass", () => {
  test("equal every published figure", () => {
    for (const row of golden<Row[]>("traffic")) {
      const architecture = findArchitecture(row.model);
      const tokens = row.batch * row.tokens_per_sequence;
      const pairs = attentionPairs(row.batch, row.context_tokens, row.tokens_per_sequence);
      const shards = { first: row.tp_first_dim, second: row.tp_second_dim };
      const cached = row.batch * row.context_tokens;
      const about = JSON.stringify(row);
      expect(relativeError(flop(architecture, tokens, pairs), row.flop), about).toBeLessThanOrEqual(parity);
      expect(
        relativeError(flop(architecture, tokens, tokens * row.context_tokens), row.flop_as_latency_functions_call_it),
        about,
      ).toBeLessThanOrEqual(parity);
      expect(relativeError(bytes(architecture, tokens, cached, shards), row.bytes), about).toBeLessThanOrEqual(parity);
    }
  });

  test("grow with tokens, context and shards", () => {
    const shard = fc.double({ min: 1, max: 64, noNaN: true });
    fc.assert(
      fc.property(
        anyArchitecture,
        anyBatch,
        anyContext,
        shard,
        shard,
        (architecture, batch, context, first, second) => {
          const shards = { first, second };
          const now = bytes(architecture, batch, batch * context, shards);
          expect(flop(architecture, 2 * batch, batch * context)).toBeGreaterThan(
            flop(architecture, batch, batch * context),
          );
          expect(bytes(architecture, 2 * batch, batch * context, shards)).toBeGreaterThan(now);
          expect(bytes(architecture, batch, batch * (context + 1), shards)).toBeGreaterThan(now);
          expect(bytes(architecture, batch, batch * context, { first: 2 * first, second })).toBeGreaterThan(now);
        },
      ),
    );
  });

  test("attending to what came before in the same pass: a prompt read at once equals one read token by token", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), anyContext, (tokens, context) => {
        let pairs = 0;
        for (let token = 0; token < tokens; token++) pairs += attentionPairs(1, context + token, 1);
        expect(attentionPairs(1, context, tokens)).toBe(pairs);
      }),
    );
  });
});
