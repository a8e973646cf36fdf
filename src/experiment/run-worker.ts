import { parentPort } from "node:worker_threads";
import { synchronousPace } from "../kernel/pace.ts";
import { madeHere, type RunOrder } from "./replications.ts";
import type { RunSummary } from "./run-summary.ts";

/** Makes the runs that a `WorkerCrew` orders, one at a time; answers with nothing where one fails. */
parentPort!.on("message", async (order: RunOrder) => {
  const summary = await made(order);
  const buffers = Object.values(summary?.latencies ?? {}).flatMap(({ ascending }) => ascending?.buffer ?? []);
  parentPort!.postMessage(summary, buffers as ArrayBuffer[]);
});

async function made(order: RunOrder): Promise<RunSummary | undefined> {
  try {
    return await madeHere(order, { places: order.places, pace: synchronousPace });
  } catch {
    return undefined;
  }
}
