import fc from "fast-check";
import { randomStreams } from "../../../src/core/random.ts";
import { goesBefore, type QueueOrder } from "../../../src/serving/order.ts";
import { type OrderOptions, orders } from "../../../src/serving/orders.ts";
import { Request, type RequestSpec } from "../../../src/serving/request.ts";
import { waitingQueue } from "../../../src/serving/waiting-queue.ts";

/** A request to come, at a whole second. */
export interface Job extends RequestSpec {
  readonly arrivalSeconds: number;
}

/** Jobs in order of arrival, some at the same instant. */
export const jobs = fc
  .array(
    fc.record({
      arrivalSeconds: fc.nat({ max: 40 }),
      promptTokens: fc.integer({ min: 1, max: 50 }),
      outputTokens: fc.integer({ min: 1, max: 12 }),
      priority: fc.nat({ max: 3 }),
      className: fc.constantFrom("chat", "batch", undefined),
      slo: fc.constantFrom({ ttftSeconds: 2 }, { ttftSeconds: 20, e2eSeconds: 1 }, { e2eSeconds: 9 }, {}, undefined),
    }),
    { minLength: 1, maxLength: 15, size: "max" },
  )
  .map((list): Job[] => list.sort((one, other) => one.arrivalSeconds - other.arrivalSeconds));

export function orderOf(options: OrderOptions): QueueOrder {
  return orders.build(options)(randomStreams(1));
}

/** The requests of some jobs, with what the order's predictor says of each. */
export function requestsOf(order: QueueOrder, list: readonly Job[]): Request[] {
  return list.map((job, id) => predicted(order, new Request(id, job.arrivalSeconds, job)));
}

/** Ids in the order in which requests that all wait at once would start. */
export function startOrder(order: QueueOrder, requests: readonly Request[]): number[] {
  const queue = waitingQueue(order);
  for (const request of requests) queue.push(request);
  return Array.from({ length: requests.length }, () => queue.shift()!.id);
}

/**
 * One server that emits a token of one request in each second: a replica with room for one, whose prefills take no time.
 * Returns the second at which each job ends.
 */
export function serveOneByOne(order: QueueOrder, list: readonly Job[]): number[] {
  const queue = waitingQueue(order);
  const toCome = list.map((job, id) => new Request(id, job.arrivalSeconds, job));
  const endSeconds: number[] = [];
  let running: Request | undefined;
  for (let now = 0; toCome.length + queue.length > 0 || running !== undefined; now++) {
    while (toCome[0] !== undefined && toCome[0].arrivalSeconds <= now) queue.push(predicted(order, toCome.shift()!));
    if (running !== undefined && order.preemptive && headGoesBefore(running)) {
      queue.pushToHead(running);
      running = undefined;
    }
    running ??= queue.shift();
    if (running === undefined) continue;
    running.emittedTokens++;
    if (running.emittedTokens < running.outputTokens) continue;
    endSeconds[running.id] = now + 1;
    order.predictor?.learn?.(running);
    running = undefined;
  }
  return endSeconds;

  function headGoesBefore(other: Request): boolean {
    const head = queue.at(0);
    if (head === undefined) return false;
    const keyOf = (request: Request) => order.key(request, request.emittedTokens);
    return goesBefore(keyOf(head), head.id, keyOf(other), other.id);
  }
}

function predicted(order: QueueOrder, request: Request): Request {
  if (order.predictor !== undefined) request.predictedOutputTokens = order.predictor.predict(request);
  return request;
}
