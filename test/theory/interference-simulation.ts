import { randomStreams } from "../../src/core/random.ts";
import type { BatchingSetup } from "./batching-simulation.ts";

/** Continuous batching whose prompts take steps: alone and first, or one chunk beside the decodes of a step. */
export interface InterferenceSetup extends BatchingSetup {
  /** Steps that each prompt takes. */
  readonly chunks: number;
  /** Seconds of a step that reads one chunk beside this many decodes. */
  readonly chunkStepSeconds: (decodes: number) => number;
  /** Prompts run alone, before any decode. */
  readonly promptsFirst: boolean;
}

/** Mean time to first token and mean seconds between tokens of one run, warm-up left out. */
export interface InterferenceRun {
  readonly meanFirstTokenSeconds: number;
  readonly meanTokenSeconds: number;
}

export function simulateInterference(setup: InterferenceSetup, requests: number, seed: number): InterferenceRun {
  const streams = randomStreams(seed);
  const arrivals = streams("arrivals");
  const lengths = streams("lengths");
  const gap = () => -Math.log(1 - arrivals()) / setup.arrivalsPerSecond;
  const warmUp = requests / 10;
  const waiting: number[] = [];
  let decoding: { id: number; left: number; steps: number; from: number }[] = [];
  let reading: { id: number; arrived: number; left: number } | undefined;
  let started = 0;
  let nextArrival = gap();
  let now = 0;
  let firsts = 0;
  let counted = 0;
  let decodeSeconds = 0;
  let decodeTokens = 0;
  while (counted < requests - warmUp) {
    if (decoding.length === 0 && waiting.length === 0 && reading === undefined) now = Math.max(now, nextArrival);
    for (; nextArrival <= now; nextArrival += gap()) waiting.push(nextArrival);
    if (reading === undefined && waiting.length > 0 && decoding.length < setup.batchCap) {
      reading = { id: started++, arrived: waiting.shift()!, left: setup.chunks };
    }
    const advance = reading === undefined || !setup.promptsFirst ? decoding : [];
    now += reading === undefined ? setup.stepSeconds(advance.length) : setup.chunkStepSeconds(advance.length);
    for (const request of advance) {
      if (--request.left === 0 && request.id >= warmUp) {
        decodeSeconds += now - request.from;
        decodeTokens += request.steps;
      }
    }
    decoding = decoding.filter((request) => request.left > 0);
    if (reading !== undefined && --reading.left === 0) {
      if (reading.id >= warmUp) {
        firsts += now - reading.arrived;
        counted++;
      }
      const steps = setup.steps(lengths);
      decoding.push({ id: reading.id, left: steps, steps, from: now });
      reading = undefined;
    }
  }
  return { meanFirstTokenSeconds: firsts / counted, meanTokenSeconds: decodeSeconds / decodeTokens };
}
