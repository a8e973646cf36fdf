import { randomStreams } from "../../src/core/random.ts";
import type { BulkService } from "../../src/theory/predictions/bulk-queue.ts";

/** Waits, in order of arrival, of requests served in batches: an independent implementation that follows each request. */
export function bulkWaits(service: BulkService, requests: number, seed: number): Float64Array {
  const uniform = randomStreams(seed)("arrivals");
  const arrivals = new Float64Array(requests + service.maximumBatch);
  for (let i = 0, now = 0; i < arrivals.length; i++) {
    now -= Math.log(1 - uniform()) / service.arrivalsPerSecond;
    arrivals[i] = now;
  }
  const waits = new Float64Array(requests);
  let free = 0;
  for (let first = 0; first < requests; ) {
    const enough = arrivals[first + service.minimumBatch - 1]!;
    const start = Math.max(free, Math.min(enough, arrivals[first]! + service.timeoutSeconds));
    let last = first;
    while (last < arrivals.length && last - first < service.maximumBatch && arrivals[last]! <= start) last++;
    for (let i = first; i < Math.min(last, requests); i++) waits[i] = start - arrivals[i]!;
    free = start + service.batchSeconds(last - first);
    first = last;
  }
  return waits;
}
