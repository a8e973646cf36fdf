import { randomStreams } from "../src/core/random.ts";
import { type OrderOptions, orders } from "../src/serving/orders.ts";
import { Request } from "../src/serving/request.ts";
import { waitingQueue } from "../src/serving/waiting-queue.ts";
import { type BenchRow, medianSeconds } from "./bench.ts";

const waitings = [100, 10_000, 100_000];
const pairs = 200_000;

const tried: Readonly<Record<string, OrderOptions>> = {
  fcfs: { by: "fcfs" },
  "shortest prompt": { by: "shortest-prompt" },
  "priority, aging": { by: "priority", aging: 10, preemptive: false },
};

/** With so many waiting: one comes, a policy looks at the first few, the head leaves. Each costs O(log waiting) at most. */
export async function waitingQueueBench(): Promise<BenchRow[]> {
  const random = randomStreams("bench")("requests");
  const requests = Array.from({ length: pairs + Math.max(...waitings) }, (_, id) => {
    const promptTokens = 1 + Math.floor(4000 * random());
    return new Request(id, id / 100, { promptTokens, outputTokens: 1, priority: Math.floor(3 * random()) });
  });
  const rows: BenchRow[] = [];
  for (const [name, options] of Object.entries(tried)) {
    const order = orders.build(options)(randomStreams("bench"));
    for (const waiting of waitings) {
      let queue = waitingQueue(order);
      const seconds = await medianSeconds(
        () => {
          for (let place = waiting; place < waiting + pairs; place++) {
            queue.push(requests[place]!);
            for (let first = 0; first < 4; first++) queue.at(first);
            queue.shift();
          }
        },
        () => {
          queue = waitingQueue(order);
          for (const request of requests.slice(0, waiting)) queue.push(request);
        },
      );
      rows.push({ name: `${name}, ${waiting} waiting`, value: pairs / seconds, unit: "requests/s" });
    }
  }
  return rows;
}
