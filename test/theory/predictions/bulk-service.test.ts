import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BulkService } from "../../../src/theory/predictions/bulk-queue.ts";
import { bulkService } from "../../../src/theory/predictions/bulk-service.ts";
import { deterministicServers } from "../../../src/theory/predictions/deterministic-servers.ts";
import { bulkWaits } from "../bulk-simulation.ts";
import { average, expectCovered } from "../confidence.ts";

const growing = (batch: number) => 1 + 0.1 * batch;
const never = Number.POSITIVE_INFINITY;

function service(arrivalsPerSecond: number, minimumBatch: number, timeoutSeconds: number): BulkService {
  return { arrivalsPerSecond, minimumBatch, maximumBatch: 8, timeoutSeconds, batchSeconds: growing };
}

function runs(of: BulkService, figure: (waits: Float64Array) => number): number[] {
  return Array.from({ length: 20 }, (_, seed) => figure(bulkWaits(of, 22_000, seed).subarray(2_000)));
}

describe("M/D^[a,b]/1", () => {
  test.each([
    ["starts at once", service(3, 1, never)],
    ["busy", service(4, 1, 0)],
    ["only full batches", service(3, 8, never)],
    ["full batches or a short timeout", service(3, 8, 0.5)],
    ["a timeout longer than a small batch", service(1, 8, 1.7)],
    ["at least five, no timeout", service(4, 5, never)],
  ])("%s: mean wait within the 99.9 % interval of 20 runs", (_, of) => {
    expectCovered(runs(of, average), bulkService(of).meanWaitSeconds, 0.999);
  });

  test("a timeout longer than a full batch is an approximation, here within 0.5 %", () => {
    const of = service(3, 5, 2.5);
    expect(Math.abs(bulkService(of).meanWaitSeconds / average(runs(of, average)) - 1)).toBeLessThan(0.005);
  });

  test("the whole distribution of the wait: 99.9 % intervals of 20 runs", () => {
    for (const of of [service(3, 1, never), service(4, 1, never)]) {
      const { waitCdf } = bulkService(of);
      for (const x of [0, 0.4, 1.2, 2.2, 4]) {
        const within = (waits: Float64Array) => waits.filter((wait) => wait <= x).length / waits.length;
        expectCovered(runs(of, within), waitCdf!(x), 0.999);
      }
    }
  });

  test("batches of one are M/D/1", () => {
    for (const load of [0.2, 0.7, 0.95]) {
      const one = bulkService({ ...service(load, 1, never), maximumBatch: 1, batchSeconds: () => 1 });
      const server = deterministicServers({ arrivalsPerSecond: load, serviceSeconds: 1, servers: 1 });
      expect(one.meanWaitSeconds / server.meanWaitSeconds).toBeCloseTo(1, 9);
      for (const x of [0, 0.5, 1, 2.3, 7]) expect(one.waitCdf!(x)).toBeCloseTo(server.waitCdf(x), 10);
    }
  });

  test("a timeout of zero is no minimum, one without end is none", () => {
    const means = (of: BulkService) => bulkService(of).meanWaitSeconds;
    expect(means(service(2, 6, 0))).toBeCloseTo(means(service(2, 1, 0)), 10);
    expect(means(service(2, 6, 1e6))).toBeCloseTo(means(service(2, 6, never)), 8);
  });

  test("all requests are served and time is not stretched", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 4.2, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constant(never)),
        (rate, minimum, timeout) => {
          const figures = bulkService(service(rate, minimum, timeout));
          expect(figures.busyShare).toBeLessThanOrEqual(1 + 1e-9);
          expect(figures.meanWaitSeconds).toBeGreaterThan(0);
          if (timeout === never) expect(figures.batch.slice(0, minimum).reduce((a, b) => a + b, 0)).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});
