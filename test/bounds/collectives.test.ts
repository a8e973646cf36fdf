import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findAccelerator } from "../../src/bounds/accelerators.ts";
import { collectivesOf } from "../../src/bounds/collectives/collective-models.ts";
import { anyAccelerator } from "./arbitraries.ts";
import { golden, parity, relativeError } from "./golden.ts";

interface Row {
  readonly accelerator: string;
  readonly collective: "allreduce" | "p2p";
  readonly ranks: number;
  readonly nodes: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly latency_seconds: number;
  readonly bandwidth_seconds: number;
}

describe("collectives", () => {
  test("equal every published figure", () => {
    for (const row of golden<Row[]>("collectives")) {
      const model = collectivesOf(findAccelerator(row.accelerator));
      const collective = row.collective === "allreduce" ? model.allReduce : model.pointToPoint;
      const { latencySeconds, bandwidthSeconds } = collective(row.ranks, row.nodes, row.bytes);
      const about = JSON.stringify(row);
      expect(relativeError(latencySeconds, row.latency_seconds), about).toBeLessThanOrEqual(parity);
      expect(relativeError(bandwidthSeconds, row.bandwidth_seconds), about).toBeLessThanOrEqual(parity);
      expect(relativeError(latencySeconds + bandwidthSeconds, row.seconds), about).toBeLessThanOrEqual(parity);
    }
  });

  test("one rank, or less, sends nothing", () => {
    fc.assert(
      fc.property(anyAccelerator, fc.double({ min: 0.01, max: 1, noNaN: true }), (accelerator, ranks) => {
        const { allReduce, pointToPoint } = collectivesOf(accelerator);
        expect(allReduce(ranks, 1, 1e6)).toEqual({ latencySeconds: 0, bandwidthSeconds: 0 });
        expect(pointToPoint(ranks, 1, 1e6)).toEqual({ latencySeconds: 0, bandwidthSeconds: 0 });
      }),
    );
  });

  test("more bytes never take less time, and an all-reduce never less than a transfer", () => {
    const bytes = fc.double({ min: 0, max: 1e10, noNaN: true });
    const groups = fc.record({ nodes: fc.integer({ min: 1, max: 64 }), each: fc.integer({ min: 2, max: 8 }) });
    fc.assert(
      fc.property(anyAccelerator, groups, bytes, bytes, (accelerator, { nodes, each }, some, more) => {
        const { allReduce, pointToPoint } = collectivesOf(accelerator);
        const seconds = (time: typeof allReduce, size: number) => {
          const { latencySeconds, bandwidthSeconds } = time(nodes * each, nodes, size);
          return latencySeconds + bandwidthSeconds;
        };
        const [small, large] = [Math.min(some, more), Math.max(some, more)];
        expect(seconds(allReduce, large)).toBeGreaterThanOrEqual(seconds(allReduce, small));
        expect(seconds(allReduce, small)).toBeGreaterThanOrEqual(seconds(pointToPoint, small));
      }),
    );
  });
});
