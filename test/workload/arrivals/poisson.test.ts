import { describe, expect, test } from "vitest";
import { chiSquareSurvival, kolmogorovPValue, meanPValue } from "../../statistical-tests.ts";
import { arrive } from "./harness.ts";

const rate = 2.5;
const gapsOf = (seed: number, limit: number) => {
  const { requests } = arrive({ process: "poisson", rate }, { seed, limit });
  return requests.map(({ atSeconds }, index) => atSeconds - (requests[index - 1]?.atSeconds ?? 0));
};

describe("Poisson arrivals", () => {
  test("gaps average 1/rate (20 seeds of 5,000 gaps, two-sided normal test at 0.1 % each)", () => {
    for (let seed = 0; seed < 20; seed++) {
      expect(meanPValue(gapsOf(seed, 5000), 1 / rate, 1 / rate), `seed ${seed}`).toBeGreaterThan(0.001);
    }
  });

  test("gaps are exponential (20 seeds of 5,000 gaps, Kolmogorov's test at 0.1 % each)", () => {
    for (let seed = 0; seed < 20; seed++) {
      const pValue = kolmogorovPValue(gapsOf(seed, 5000), (gap) => 1 - Math.exp(-rate * gap));
      expect(pValue, `seed ${seed}`).toBeGreaterThan(0.001);
    }
  });

  test("arrivals in 4 s are spread as a Poisson number is (20 seeds of 1,000 windows, dispersion test at 0.1 % each)", () => {
    const windowSeconds = 4;
    const windows = 1000;
    for (let seed = 0; seed < 20; seed++) {
      const { requests } = arrive({ process: "poisson", rate }, { seed, untilSeconds: windows * windowSeconds });
      const counts = new Array<number>(windows).fill(0);
      for (const { atSeconds } of requests) {
        const window = Math.floor(atSeconds / windowSeconds);
        counts[window] = counts[window]! + 1;
      }
      const mean = requests.length / windows;
      const dispersion = counts.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
      const upper = chiSquareSurvival(dispersion, windows - 1);
      expect(2 * Math.min(upper, 1 - upper), `seed ${seed}`).toBeGreaterThan(0.001);
    }
  });

  test("are the same for the same seed and others for another", () => {
    expect(gapsOf(3, 100)).toEqual(gapsOf(3, 100));
    expect(gapsOf(4, 100)).not.toEqual(gapsOf(3, 100));
  });

  test("end with the limit, and nothing is left to come", () => {
    const { requests, completed } = arrive({ process: "poisson", rate }, { limit: 7 });
    expect([requests.length, completed]).toEqual([7, true]);
  });
});
