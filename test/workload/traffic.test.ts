import { Subject, take } from "rxjs";
import { describe, expect, test } from "vitest";
import { randomStreams } from "../../src/core/random.ts";
import { SimulatedTime } from "../../src/kernel/simulated-time.ts";
import { Request, type RequestRecord } from "../../src/serving/request.ts";
import type { LengthOptions } from "../../src/workload/lengths.ts";
import { offeredLoad, offeredRate } from "../../src/workload/moments.ts";
import { superposition, type TrafficOptions, trafficOf } from "../../src/workload/traffic.ts";
import { meanPValue } from "../statistical-tests.ts";

const rows = [
  { arrivalSeconds: 0, promptTokens: 10, outputTokens: 100 },
  { arrivalSeconds: 2, promptTokens: 20, outputTokens: 300 },
  { arrivalSeconds: 8, promptTokens: 60, outputTokens: 200 },
];
const traffic = (options: TrafficOptions) => trafficOf(options, () => rows);
const prompt: LengthOptions = { distribution: "lognormal", mean: 300, cv: 1, max: 4_096 };
const output: LengthOptions = { distribution: "geometric", mean: 100, max: 1_000 };

const chat: TrafficOptions = { name: "chat", arrivals: { process: "poisson", rate: 2 }, prompt, output, priority: 1 };
const bulk: TrafficOptions = {
  name: "bulk",
  arrivals: { process: "gamma", rate: 0.5, cv: 3 },
  lengths: { format: "plain", file: "any.csv" },
  slo: { ttft: 30 },
};
const users: TrafficOptions = {
  name: "users",
  arrivals: { process: "closed-loop", users: 3, thinkTime: 4, thinkDistribution: "exponential" },
  prompt,
  output,
};
const talk: TrafficOptions = {
  name: "talk",
  arrivals: {
    process: "sessions",
    starts: { process: "poisson", rate: 0.3 },
    turns: { distribution: "geometric", mean: 4, max: 20 },
    thinkTime: 2,
    thinkDistribution: "exponential",
  },
  prompt,
  output,
};

/** Requests of several classes, each answered after a second, with their instants. */
function arrive(classes: readonly TrafficOptions[], limits: { seconds?: number; requests?: number } = {}) {
  const { seconds = Number.POSITIVE_INFINITY, requests = 1e9 } = limits;
  const time = new SimulatedTime();
  const ended$ = new Subject<RequestRecord>();
  const arrived: (RequestRecord & { readonly atSeconds: number })[] = [];
  superposition(classes.map(traffic), randomStreams(7))(time, ended$)
    .pipe(take(requests))
    .subscribe((spec) => {
      const request = new Request(arrived.length, time.nowSeconds, spec);
      arrived.push(Object.assign(request, { atSeconds: time.nowSeconds }));
      const end = () => {
        request.finishSeconds = time.nowSeconds;
        ended$.next(request);
      };
      time.after(1, 0, { fire: end });
    });
  while (time.pending > 0 && time.nextSeconds <= seconds) time.step();
  return { arrived, endSeconds: time.nowSeconds };
}

const told = ({ atSeconds, promptTokens, outputTokens, session }: ReturnType<typeof arrive>["arrived"][number]) =>
  [atSeconds, promptTokens, outputTokens, session?.id, session?.turn].join(" ");

describe("classes of traffic", () => {
  const all = [chat, bulk, users, talk];
  const together = arrive(all, { seconds: 300 }).arrived;

  test.each(all)("$name: others beside it, before or after, leave its numbers as they were", (one) => {
    const own = together.filter(({ className }) => className === one.name).map(told);
    expect(own.length).toBeGreaterThan(50);
    expect(arrive([one], { seconds: 300 }).arrived.map(told)).toEqual(own);
    const reversed = arrive([...all].reverse(), { seconds: 300 }).arrived;
    expect(reversed.filter(({ className }) => className === one.name).map(told)).toEqual(own);
  });

  test("say of each request whose it is, how urgent, and what was promised", () => {
    expect(together.find(({ className }) => className === "chat")).toMatchObject({ priority: 1, slo: undefined });
    expect(together.find(({ className }) => className === "bulk")).toMatchObject({
      priority: 0,
      slo: { ttftSeconds: 30 },
    });
    expect(together.find(({ className }) => className === "talk")?.session?.id).toBe("talk/0");
  });

  test("keep to themselves: users ask again only after their own answers", () => {
    const asked = together.filter(({ className }) => className === "users");
    const inSystem = asked.map(
      ({ atSeconds }) =>
        asked.filter((other) => other.atSeconds <= atSeconds && other.atSeconds + 1 > atSeconds).length,
    );
    expect(Math.max(...inSystem)).toBeLessThanOrEqual(3);
  });

  test("draw a pair from one request of a trace", () => {
    const pairs = together
      .filter(({ className }) => className === "bulk")
      .map((one) => `${one.promptTokens}/${one.outputTokens}`);
    expect(new Set(pairs)).toEqual(new Set(["10/100", "20/300", "60/200"]));
  });

  test("end together with the last request taken: a rare class holds nobody up", () => {
    const rare: TrafficOptions = { ...chat, name: "rare", arrivals: { process: "deterministic", rate: 1e-6 } };
    const { arrived, endSeconds } = arrive([chat, rare, talk], { requests: 40 });
    expect(arrived).toHaveLength(40);
    expect(endSeconds).toBe(arrived.at(-1)!.atSeconds + 1);
  });
});

describe("the offered load", () => {
  test("adds rates and mixes lengths by them", () => {
    const constant = (tokens: number): LengthOptions => ({ distribution: "constant", tokens });
    const short: TrafficOptions = {
      ...chat,
      arrivals: { process: "poisson", rate: 3 },
      prompt: constant(10),
      output: constant(2),
    };
    const long: TrafficOptions = {
      ...chat,
      name: "long",
      arrivals: { process: "deterministic", rate: 1 },
      prompt: constant(50),
      output: constant(6),
    };
    expect(offeredLoad([short, long].map(traffic))).toEqual({
      requestsPerSecond: 4,
      lengths: { prompt: { mean: 20, variance: 300 }, output: { mean: 3, variance: 3 }, meanProduct: 90 },
    });
  });

  test("of a trace is that of its requests, its rate that between the first and the last", () => {
    const load = offeredLoad([
      traffic({ arrivals: { process: "trace", format: "plain", file: "any.csv", timeScale: 0.5 } }),
    ]);
    expect(load.requestsPerSecond).toBe(0.5);
    expect(load.lengths).toMatchObject({ prompt: { mean: 30 }, output: { mean: 200 } });
    expect(load.lengths!.meanProduct).toBeCloseTo((1_000 + 6_000 + 12_000) / 3, 9);
  });

  test("of batches counts each request of a batch", () => {
    const instants = { process: "poisson", rate: 2 } as const;
    const size = { distribution: "uniform", min: 1, max: 4 } as const;
    expect(offeredRate([traffic({ arrivals: { process: "batch", instants, size }, prompt, output })])).toBe(5);
  });

  test("knows lengths but no rate where the answers set the pace, and neither of a mixture with such a class", () => {
    expect(offeredLoad([traffic(users)])).toMatchObject({ requestsPerSecond: undefined, lengths: { prompt: {} } });
    expect(offeredLoad([users, chat].map(traffic))).toEqual({ requestsPerSecond: undefined, lengths: undefined });
    expect(offeredRate([users, chat].map(traffic))).toBeUndefined();
  });

  const seeds = 400;
  test(`of sessions is what they draw (${seeds} seeds of all turns of 20 sessions, two-sided at 0.1 % for each of 5 figures)`, () => {
    const { lengths, requestsPerSecond } = offeredLoad([traffic(talk)]);
    // Turns are geometric with a chance of 3/4 to go on, cut at 20.
    expect(requestsPerSecond).toBeCloseTo(0.3 * 4 * (1 - 0.75 ** 20), 12);
    const figures = [
      ({ promptTokens }: RequestRecord) => promptTokens - lengths!.prompt.mean,
      ({ promptTokens }: RequestRecord) => (promptTokens - lengths!.prompt.mean) ** 2 - lengths!.prompt.variance,
      ({ outputTokens }: RequestRecord) => outputTokens - lengths!.output.mean,
      ({ outputTokens }: RequestRecord) => (outputTokens - lengths!.output.mean) ** 2 - lengths!.output.variance,
      (r: RequestRecord) => r.promptTokens * r.outputTokens - lengths!.meanProduct,
    ];
    const sums = Array.from({ length: seeds }, (_, seed) => {
      const requests = wholeSessions(seed, 20);
      return figures.map((figure) => requests.reduce((sum, request) => sum + figure(request), 0));
    });
    figures.forEach((_, place) => {
      const values = sums.map((sum) => sum[place]!);
      const mean = values.reduce((a, b) => a + b) / seeds;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / seeds);
      expect(meanPValue(values, 0, deviation), `figure ${place}`).toBeGreaterThan(0.001);
    });
  });
});

/** All turns of the first sessions: a sum over them of a figure less its mean has mean 0. */
function wholeSessions(seed: number, count: number): RequestRecord[] {
  const time = new SimulatedTime();
  const ended$ = new Subject<RequestRecord>();
  const requests: RequestRecord[] = [];
  superposition([traffic(talk)], randomStreams(seed))(time, ended$).subscribe((spec) => {
    const request = new Request(0, time.nowSeconds, spec);
    request.finishSeconds = time.nowSeconds;
    if (Number(spec.session!.id.slice("talk/".length)) >= count) return;
    requests.push(request);
    time.after(0, 0, { fire: () => ended$.next(request) });
  });
  while (time.nextSeconds < 600) time.step();
  return requests;
}
