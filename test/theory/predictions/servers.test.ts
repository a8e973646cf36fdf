import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  deterministicServers,
  meanWaitOfDeterministicServer,
} from "../../../src/theory/predictions/deterministic-servers.ts";
import { generalServer, kingmanWait } from "../../../src/theory/predictions/general-server.ts";
import { generalServers } from "../../../src/theory/predictions/general-servers.ts";
import { erlangC, markovServers } from "../../../src/theory/predictions/markov-servers.ts";
import { average, expectCovered, sampleQuantile } from "../confidence.ts";
import { type ManyServers, waitsOfManyServers } from "../many-servers.ts";

const loads = fc.double({ min: 0.02, max: 0.98, noNaN: true });
const seconds = fc.double({ min: 1e-3, max: 1e3, noNaN: true });

/** Erlang's alternating sum (1909), exact but only usable where `x/D` and the load are moderate. */
function erlangDeterministic(load: number, x: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= Math.floor(x); k++) {
    if (k > 0) factorial *= k;
    sum += ((load * (k - x)) ** k / factorial) * Math.exp(-load * (k - x));
  }
  return (1 - load) * sum;
}

function runs(queue: ManyServers, figure: (steady: Float64Array) => number): number[] {
  return Array.from({ length: 20 }, (_, seed) => figure(waitsOfManyServers(queue, 20_000, seed).subarray(2_000)));
}

describe("M/M/c", () => {
  test("one server is M/M/1", () => {
    fc.assert(
      fc.property(loads, seconds, (load, serviceSeconds) => {
        const queue = markovServers({ arrivalsPerSecond: load / serviceSeconds, serviceSeconds, servers: 1 });
        expect(queue.waitProbability).toBeCloseTo(load, 12);
        expect(queue.meanWaitSeconds / ((load * serviceSeconds) / (1 - load))).toBeCloseTo(1, 10);
        const sojourn = (-Math.log(0.01) * serviceSeconds) / (1 - load);
        expect(queue.sojournQuantile(0.99) / sojourn).toBeCloseTo(1, 7);
      }),
    );
  });

  test("Erlang's C by its sum", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), loads, (servers, load) => {
        const offered = servers * load;
        let term = 1;
        let below = 0;
        for (let k = 0; k < servers; k++) {
          below += term;
          term *= offered / (k + 1);
        }
        const waiting = term / (1 - load);
        expect(erlangC(servers, offered)).toBeCloseTo(waiting / (below + waiting), 11);
      }),
    );
  });

  test("three servers at load 0.8: 99.9 % intervals of 20 runs", () => {
    const queue = { arrivalsPerSecond: 2.4, arrivalCv: 1, serviceCv: 1, servers: 3 };
    const exact = markovServers({ arrivalsPerSecond: 2.4, serviceSeconds: 1, servers: 3 });
    expectCovered(runs(queue, average), exact.meanWaitSeconds, 0.999);
    const within = (steady: Float64Array) => steady.filter((wait) => wait <= 2).length / steady.length;
    expectCovered(runs(queue, within), exact.waitCdf(2), 0.999);
  });

  test("the sojourn is the sum of an independent wait and service, numerically, also where their rates meet", () => {
    for (const arrivalsPerSecond of [1.3, 1, 1 + 1e-9, 0.7]) {
      const queue = markovServers({ arrivalsPerSecond, serviceSeconds: 1, servers: 2 });
      const steps = 20_000;
      let sum = 0;
      for (let i = 0; i < steps; i++)
        sum += Math.exp((-3 * (i + 0.5)) / steps) * queue.waitCdf(3 - (3 * (i + 0.5)) / steps);
      expect(queue.sojournCdf(3)).toBeCloseTo((3 * sum) / steps, 7);
    }
  });

  test("overload is refused", () => {
    expect(() => markovServers({ arrivalsPerSecond: 2, serviceSeconds: 1, servers: 2 })).toThrow("not below 1");
  });
});

describe("M/D/c", () => {
  test("one server: mean of Pollaczek and Khinchine, variance of Takács, also at load 0.999", () => {
    for (const load of [0.05, 0.3, 0.7, 0.95, 0.999]) {
      const queue = deterministicServers({ arrivalsPerSecond: load, serviceSeconds: 1, servers: 1 });
      expect(queue.meanWaitSeconds / meanWaitOfDeterministicServer(load, 1)).toBeCloseTo(1, 10);
      expect(queue.waitProbability).toBeCloseTo(load, 12);
    }
  });

  test("one server: Franx's form is Erlang's alternating sum where that can be computed", () => {
    for (const load of [0.2, 0.5, 0.8]) {
      const { waitCdf } = deterministicServers({ arrivalsPerSecond: load, serviceSeconds: 1, servers: 1 });
      for (const x of [0, 0.25, 0.999, 1, 1.5, 3.7, 6])
        expect(waitCdf(x)).toBeCloseTo(erlangDeterministic(load, x), 10);
    }
  });

  test("one server: the mean is the integral of the tail, at any load and unit of time", () => {
    fc.assert(
      fc.property(loads, seconds, (load, serviceSeconds) => {
        const queue = deterministicServers({ arrivalsPerSecond: load / serviceSeconds, serviceSeconds, servers: 1 });
        const steps = 2_000;
        const end = queue.waitQuantile(1 - 1e-9);
        let area = 0;
        for (let i = 0; i < steps; i++) area += 1 - queue.waitCdf((end * (i + 0.5)) / steps);
        expect((area * end) / steps / queue.meanWaitSeconds).toBeCloseTo(1, 2);
        expect(queue.waitCdf(queue.waitQuantile(0.99))).toBeCloseTo(
          queue.waitQuantile(0.99) === 0 ? 1 - load : 0.99,
          9,
        );
      }),
      { numRuns: 25 },
    );
  });

  test("queue length and wait are linked by Little's law; waiting needs all servers busy", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), loads, (servers, load) => {
        const queue = deterministicServers({ arrivalsPerSecond: load * servers, serviceSeconds: 1, servers });
        const busy = queue.numberInSystem.reduce((sum, p, number) => sum + p * Math.min(number, servers), 0);
        expect(busy / (servers * load)).toBeCloseTo(1, 9);
        expect(1 - queue.waitCdf(0)).toBeCloseTo(queue.waitProbability, 9);
      }),
      { numRuns: 40 },
    );
  });

  test("four servers at load 0.85: 99.9 % intervals of 20 runs, mean and p99", () => {
    const queue = { arrivalsPerSecond: 3.4, arrivalCv: 1, serviceCv: 0, servers: 4 };
    const exact = deterministicServers({ arrivalsPerSecond: 3.4, serviceSeconds: 1, servers: 4 });
    expectCovered(runs(queue, average), exact.meanWaitSeconds, 0.999);
    expectCovered(
      runs(queue, (steady) => sampleQuantile(steady, 0.9)),
      exact.waitQuantile(0.9),
      0.999,
    );
  });
});

describe("M/G/1", () => {
  test("constant and exponential services", () => {
    const constant = generalServer(0.8, { mean: 1, variance: 0, thirdMoment: 1 });
    expect(constant.meanWaitSeconds).toBeCloseTo(meanWaitOfDeterministicServer(0.8, 1), 12);
    const { numberInSystem } = deterministicServers({ arrivalsPerSecond: 0.8, serviceSeconds: 1, servers: 1 });
    // Distributional Little's law: E[Q(Q-1)] = λ²E[W²].
    const pairs = numberInSystem.reduce((sum, p, n) => sum + p * Math.max(0, n - 1) * Math.max(0, n - 2), 0);
    expect(constant.waitVariance).toBeCloseTo(pairs / 0.64 - constant.meanWaitSeconds ** 2, 9);
    const markov = generalServer(0.8, { mean: 1, variance: 1, thirdMoment: 6 });
    expect(markov.meanWaitSeconds).toBeCloseTo(4, 12);
    expect(markov.waitVariance).toBeCloseTo((0.8 * (2 - 0.8)) / 0.04, 10);
    expect(generalServer(0.8, { mean: 1, variance: 1 }).waitVariance).toBeUndefined();
  });

  test("gamma services of variation 2: 99.9 % interval of 20 runs", () => {
    const queue = { arrivalsPerSecond: 0.5, arrivalCv: 1, serviceCv: 2, servers: 1 };
    expectCovered(runs(queue, average), generalServer(0.5, { mean: 1, variance: 4 }).meanWaitSeconds, 0.999);
  });
});

describe("GI/G/1", () => {
  test("for Poisson arrivals the corrected mean is exact, the bound above it", () => {
    fc.assert(
      fc.property(loads, fc.double({ min: 0, max: 9, noNaN: true }), (load, variance) => {
        const service = { mean: 1, variance };
        const wait = kingmanWait(load, 1, service);
        expect(wait.correctedSeconds / generalServer(load, service).meanWaitSeconds).toBeCloseTo(1, 9);
        expect(wait.upperBoundSeconds).toBeGreaterThanOrEqual(wait.heavyTrafficSeconds);
      }),
    );
  });

  test.each([
    [0.5, 0.5, 0.05],
    [2, 1, 0.12],
    [1.5, 0.5, 0.12],
  ])(
    "arrival cv %d, service cv %d at load 0.8: below the bound, corrected mean within the error of docs/theory.md",
    (arrivalCv, serviceCv, error) => {
      const queue = { arrivalsPerSecond: 0.8, arrivalCv, serviceCv, servers: 1 };
      const simulated = average(runs(queue, average));
      const wait = kingmanWait(0.8, arrivalCv, { mean: 1, variance: serviceCv ** 2 });
      expect(simulated).toBeLessThan(wait.upperBoundSeconds);
      expect(Math.abs(wait.correctedSeconds / simulated - 1)).toBeLessThan(error);
    },
  );
});

describe("M/G/c", () => {
  test("Kimura meets M/M/c, M/D/c and M/G/1; Allen–Cunneen meets M/M/c and M/G/1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), loads, (servers, load) => {
        const group = { arrivalsPerSecond: load * servers, serviceSeconds: 1, servers };
        const markov = generalServers(load * servers, 1, { mean: 1, variance: 1 }, servers);
        expect(markov.allenCunneenSeconds / markovServers(group).meanWaitSeconds).toBeCloseTo(1, 10);
        expect(markov.kimuraSeconds! / markovServers(group).meanWaitSeconds).toBeCloseTo(1, 10);
        const constant = generalServers(load * servers, 1, { mean: 1, variance: 0 }, servers);
        expect(constant.kimuraSeconds! / deterministicServers(group).meanWaitSeconds).toBeCloseTo(1, 10);
        const one = generalServers(load, 1, { mean: 1, variance: 0.3 }, 1);
        expect(one.kimuraSeconds! / generalServer(load, { mean: 1, variance: 0.3 }).meanWaitSeconds).toBeCloseTo(1, 8);
      }),
      { numRuns: 40 },
    );
  });

  test("five servers, service cv 0.5, load 0.8: within 3 % of 20 runs", () => {
    const queue = { arrivalsPerSecond: 4, arrivalCv: 1, serviceCv: 0.5, servers: 5 };
    const simulated = average(runs(queue, average));
    const wait = generalServers(4, 1, { mean: 1, variance: 0.25 }, 5);
    expect(Math.abs(wait.kimuraSeconds! / simulated - 1)).toBeLessThan(0.03);
    expect(Math.abs(wait.allenCunneenSeconds / simulated - 1)).toBeLessThan(0.1);
    expect(generalServers(4, 2, { mean: 1, variance: 0.25 }, 5).kimuraSeconds).toBeUndefined();
    expect(generalServers(4, 1, { mean: 1, variance: 4 }, 5).kimuraSeconds).toBeUndefined();
  });
});
