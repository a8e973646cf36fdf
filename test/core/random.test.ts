import { describe, expect, test } from "vitest";
import { type Random, randomStreams } from "../../src/core/random.ts";
import { chiSquareSurvival } from "../statistical-tests.ts";

const take = (random: Random, count: number) => Array.from({ length: count }, () => random());

describe("named random streams", () => {
  test("the same seed and purpose give the same numbers", () => {
    expect(take(randomStreams(7)("arrivals"), 100)).toEqual(take(randomStreams(7)("arrivals"), 100));
    expect(take(randomStreams("a word")("arrivals"), 9)).toEqual(take(randomStreams("a word")("arrivals"), 9));
  });

  test("another seed or purpose gives others", () => {
    const numbers = take(randomStreams(7)("arrivals"), 10);
    for (const other of [randomStreams(8)("arrivals"), randomStreams(7)("lengths"), randomStreams("x")("arrivals")]) {
      expect(take(other, 10).filter((number) => numbers.includes(number))).toEqual([]);
    }
  });

  test("drawing for one purpose leaves the others as they were", () => {
    const alone = take(randomStreams(7)("lengths/prompt"), 50);
    const streams = randomStreams(7);
    const [arrivals, lengths] = [streams("arrivals"), streams("lengths/prompt")];
    const beside = Array.from({ length: 50 }, (_, index) => {
      take(arrivals, index % 5);
      return lengths();
    });
    expect(beside).toEqual(alone);
  });

  test("numbers lie in [0, 1) with more bits than a single-precision number holds", () => {
    const numbers = take(randomStreams(1)("any"), 1000);
    expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(numbers.filter((number) => Math.fround(number) === number).length).toBeLessThan(5);
  });

  test("uniform, and in pairs of streams independent (chi-square over 64 cells, 20 seeds, 0.1 % each)", () => {
    const cells = 8;
    const pairs = 6400;
    for (let seed = 0; seed < 20; seed++) {
      const streams = randomStreams(seed);
      const [one, other] = [streams("arrivals"), streams("lengths/prompt")];
      const counts = new Array<number>(cells * cells).fill(0);
      for (let pair = 0; pair < pairs; pair++) {
        const cell = Math.floor(cells * one()) * cells + Math.floor(cells * other());
        counts[cell] = counts[cell]! + 1;
      }
      const expected = pairs / counts.length;
      const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      expect(chiSquareSurvival(statistic, counts.length - 1), `seed ${seed}`).toBeGreaterThan(0.001);
    }
  });
});
