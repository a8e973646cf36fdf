import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ArrivalQueue } from "../../src/serving/arrival-queue.ts";
import type { QueueOrder } from "../../src/serving/order.ts";
import { OrderedQueue } from "../../src/serving/ordered-queue.ts";
import { firstComeFirstServed } from "../../src/serving/orders/fcfs.ts";
import { Request } from "../../src/serving/request.ts";
import { waitingQueue } from "../../src/serving/waiting-queue.ts";

/** A request comes; one comes late, after those that arrived after it; the head starts; one that started returns. */
const commands = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("come" as const), tokens: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("come late" as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("start" as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("return" as const), which: fc.nat(), emitted: fc.nat({ max: 3 }) }),
    },
  ),
  { maxLength: 100, size: "max" },
);

const byTokensLeft: QueueOrder = { preemptive: false, key: ({ promptTokens }, emitted) => promptTokens - emitted };

describe.each([
  ["in order of arrival", firstComeFirstServed],
  ["by a key", byTokensLeft],
  ["by a key that is the same for all", { ...firstComeFirstServed }],
])("a queue %s", (_, order) => {
  test("is an array sorted by key and arrival", () => {
    fc.assert(
      fc.property(commands, (list) => {
        const queue = waitingQueue(order);
        let model: Request[] = [];
        const late: Request[] = [];
        const started: Request[] = [];
        let arrivals = 0;
        const keyOf = (request: Request) => order.key(request, request.emittedTokens);
        for (const command of list) {
          if (command.kind === "come") {
            const request = new Request(arrivals, arrivals++ / 2, { promptTokens: command.tokens, outputTokens: 9 });
            // Every third comes to the queue only later, as from a pool that prefilled it.
            if (request.id % 3 === 2) late.push(request);
            else {
              queue.push(request);
              model.push(request);
            }
          } else if (command.kind === "come late" && late.length > 0) {
            const [request] = late.splice(command.which % late.length, 1);
            queue.push(request!);
            model.push(request!);
          } else if (command.kind === "start") {
            const request = queue.shift();
            expect(request).toBe(model.shift());
            if (request !== undefined) started.push(request);
          } else if (command.kind === "return" && started.length > 0) {
            const [request] = started.splice(command.which % started.length, 1);
            request!.emittedTokens += command.emitted;
            queue.pushToHead(request!);
            model.push(request!);
          }
          model = model.sort((one, other) => keyOf(one) - keyOf(other) || one.id - other.id);
          expect(queue.length).toBe(model.length);
          expect(Array.from({ length: model.length + 1 }, (_, place) => queue.at(place)?.id)).toEqual([
            ...model.map(({ id }) => id),
            undefined,
          ]);
          const oldest = model.length === 0 ? Number.NaN : Math.min(...model.map((request) => request.arrivalSeconds));
          expect(queue.oldestArrivalSeconds).toBe(oldest);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("the waiting queue", () => {
  test("is a ring where first come is first served, else sorted", () => {
    expect(waitingQueue(firstComeFirstServed)).toBeInstanceOf(ArrivalQueue);
    expect(waitingQueue(byTokensLeft)).toBeInstanceOf(OrderedQueue);
  });

  test("refuses a request that its order has no key for", () => {
    const queue = waitingQueue({ preemptive: false, key: (request) => request.predictedOutputTokens });
    expect(() => queue.push(new Request(7, 0, { promptTokens: 1, outputTokens: 1 }))).toThrow("request 7 has no place");
  });
});
