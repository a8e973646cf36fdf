import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { type Crew, madeHere, type RunOrder } from "./replications.ts";
import type { RunSummary } from "./run-summary.ts";

/** What a worker runs. */
const compiledProgram = new URL("./run-worker.js", import.meta.url);

/** Makes runs in threads of their own. To be closed when there is no more to do. */
export class WorkerCrew implements Crew {
  readonly size: number;
  readonly #program: URL;
  readonly #all: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: ((hand: Worker) => void)[] = [];

  constructor(size: number, program = compiledProgram) {
    this.size = size;
    this.#program = program;
  }

  async make(order: RunOrder): Promise<RunSummary> {
    const hand = await this.#hand();
    try {
      hand.postMessage(order);
      const [summary] = await once(hand, "message");
      if (summary !== undefined) return summary;
      // What fails there fails here too, as itself.
      return await madeHere(order, order);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(hand);
      else next(hand);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((hand) => hand.terminate()));
  }

  /** One that is idle, a new one while there may be more, or the next that is done. */
  #hand(): Worker | Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length < this.size) {
      const hand = new Worker(this.#program);
      this.#all.push(hand);
      return hand;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Threads read no TypeScript: there are none where this program was not compiled. */
const isCompiled = import.meta.url.endsWith(".js");

/** Lets `work` have a crew, in threads of its own where there is to be more than one hand; what it makes is the same without. */
export async function withCrew<T>(size: number, work: (crew: Crew | undefined) => Promise<T>): Promise<T> {
  if (size === 1 || !isCompiled) return work(undefined);
  const crew = new WorkerCrew(size);
  try {
    return await work(crew);
  } finally {
    await crew.close();
  }
}
