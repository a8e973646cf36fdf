import { randomStreams } from "../../src/core/random.ts";

/** Services of the single-server queues used as oracles; both have mean 1. */
export type Service = "exponential" | "constant";

/** Waiting times, in order of arrival from an empty system, by Lindley's recursion `W' = max(0, W + S - A)`; mean service 1. */
export function waitingTimes(service: Service, load: number, customers: number, seed: number): Float64Array {
  const streams = randomStreams(seed);
  const arrivals = streams("arrivals");
  const services = streams("services");
  const waits = new Float64Array(customers);
  let wait = 0;
  for (let i = 0; i < customers; i++) {
    waits[i] = wait;
    const work = service === "constant" ? 1 : -Math.log(1 - services());
    wait = Math.max(0, wait + work + Math.log(1 - arrivals()) / load);
  }
  return waits;
}
