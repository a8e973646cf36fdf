import { randomGamma } from "d3-random";
import { randomStreams } from "../../src/core/random.ts";

/** A queue before several servers, followed request by request. */
export interface ManyServers {
  readonly arrivalsPerSecond: number;
  /** Coefficients of variation of gamma-distributed interarrival and service times (0 for constant); mean service 1. */
  readonly arrivalCv: number;
  readonly serviceCv: number;
  readonly servers: number;
}

/** Waiting times in order of arrival, from an empty system, by the recursion of Kiefer and Wolfowitz. */
export function waitsOfManyServers(queue: ManyServers, customers: number, seed: number): Float64Array {
  const streams = randomStreams(seed);
  const gap = gammaTimes(1 / queue.arrivalsPerSecond, queue.arrivalCv, streams("arrivals"));
  const service = gammaTimes(1, queue.serviceCv, streams("services"));
  const freeAt = new Float64Array(queue.servers);
  const waits = new Float64Array(customers);
  let now = 0;
  for (let i = 0; i < customers; i++) {
    now += gap();
    let first = 0;
    for (let server = 1; server < queue.servers; server++) if (freeAt[server]! < freeAt[first]!) first = server;
    waits[i] = Math.max(0, freeAt[first]! - now);
    freeAt[first] = now + waits[i]! + service();
  }
  return waits;
}

function gammaTimes(mean: number, cv: number, uniform: () => number): () => number {
  if (cv === 0) return () => mean;
  if (cv === 1) return () => -mean * Math.log(1 - uniform());
  return randomGamma.source(uniform)(1 / cv ** 2, mean * cv ** 2);
}
