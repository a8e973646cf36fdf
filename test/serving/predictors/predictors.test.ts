import { describe, expect, test } from "vitest";
import { normalCdf } from "../../../src/core/normal.ts";
import { randomStreams } from "../../../src/core/random.ts";
import type { Predictor } from "../../../src/serving/predictor.ts";
import { type PredictorOptions, predictors } from "../../../src/serving/predictors.ts";
import { Request } from "../../../src/serving/request.ts";
import { kolmogorovPValue, meanPValue } from "../../statistical-tests.ts";

const predictorOf = (options: PredictorOptions, seed = 1): Predictor => predictors.build(options)(randomStreams(seed));

const request = (id: number, outputTokens: number, className?: string) =>
  new Request(id, 0, { promptTokens: 1, outputTokens, className });

function finished(id: number, outputTokens: number, className?: string): Request {
  const one = request(id, outputTokens, className);
  one.emittedTokens = outputTokens;
  return one;
}

describe("the oracle", () => {
  test("knows the output", () => {
    expect(predictorOf({ kind: "oracle" }).predict(request(0, 321))).toBe(321);
  });
});

describe("the noisy predictor", () => {
  describe.each([0.3, 1])("of cv %d, over 1,000 requests under each of 40 seeds, each test at 0.1 %%", (cv) => {
    const variance = Math.log(1 + cv * cv);
    const errors = Array.from({ length: 40 }, (_, seed) => {
      const predictor = predictorOf({ kind: "noisy", cv }, seed);
      return Array.from({ length: 1000 }, (_, id) => predictor.predict(request(id, 500)) / 500);
    }).flat();
    const scores = errors.map((error) => (Math.log(error) + variance / 2) / Math.sqrt(variance));

    test("errs by factors of mean 1", () => {
      expect(meanPValue(errors, 1, cv)).toBeGreaterThan(0.001);
    });

    test("errs by the stated coefficient of variation", () => {
      const squares = scores.map((score) => score * score);
      expect(meanPValue(squares, 1, Math.SQRT2)).toBeGreaterThan(0.001);
    });

    test("errs lognormally", () => {
      expect(kolmogorovPValue(scores, normalCdf)).toBeGreaterThan(0.001);
    });

    test("errs independently for one request and the next", () => {
      const products = scores.slice(1).map((score, place) => score * scores[place]!);
      expect(meanPValue(products, 0, 1)).toBeGreaterThan(0.001);
    });
  });

  test("says the same of a request whatever else it is asked, and something else under another seed", () => {
    const all = predictorOf({ kind: "noisy", cv: 0.5 });
    const said = [0, 1, 2, 3].map((id) => all.predict(request(id, 100)));
    expect(predictorOf({ kind: "noisy", cv: 0.5 }).predict(request(3, 100))).toBe(said[3]);
    expect(all.predict(request(1, 100))).toBe(said[1]);
    expect(new Set(said).size).toBe(4);
    expect(predictorOf({ kind: "noisy", cv: 0.5 }, 2).predict(request(3, 100))).not.toBe(said[3]);
  });

  test("is the oracle without error", () => {
    expect(predictorOf({ kind: "noisy", cv: 0 }).predict(request(5, 77))).toBe(77);
  });
});

describe("the mean of the class", () => {
  test("is that of the outputs that have finished, and 0 before", () => {
    const predictor = predictorOf({ kind: "class-mean" });
    const says = (className?: string) => predictor.predict(request(9, 1000, className));
    expect([says("chat"), says(undefined)]).toEqual([0, 0]);
    predictor.learn!(finished(0, 10, "chat"));
    predictor.learn!(finished(1, 100, "batch"));
    predictor.learn!(finished(2, 25, "chat"));
    expect([says("chat"), says("batch"), says(undefined)]).toEqual([17.5, 100, 0]);
    predictor.learn!(finished(3, 8));
    expect(says(undefined)).toBe(8);
  });

  test("is each predictor's own", () => {
    const build = predictors.build({ kind: "class-mean" });
    const [one, other] = [build(randomStreams(1)), build(randomStreams(1))];
    one.learn!(finished(0, 10));
    expect(other.predict(request(1, 10))).toBe(0);
  });
});
