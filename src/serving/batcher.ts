import { PolicyError } from "../core/errors.ts";
import type { Clock } from "../kernel/simulated-time.ts";
import type { Backlog } from "./backlog.ts";
import { checkedPlan } from "./checked-plan.ts";
import type { BatchLimit, ServingEvent } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { Microbatch } from "./microbatch.ts";
import type { QueueOrder } from "./order.ts";
import type { BatchingPolicy, BatchPlan, Hold } from "./policy.ts";
import { PolicyView } from "./policy-view.ts";
import { Preempter } from "./preempter.ts";
import { chunksOf, loadOf, noChunks, noLoad } from "./prefill.ts";
import type { Request } from "./request.ts";
import type { SwapSpaceOptions } from "./swap.ts";
import type { WaitingQueue } from "./waiting-queue.ts";

export interface BatcherOptions {
  /** Of its replica. */
  readonly index: number;
  readonly time: Clock;
  readonly policy: BatchingPolicy;
  readonly order: QueueOrder;
  readonly waiting: WaitingQueue;
  readonly backlog: Backlog;
  readonly swap?: SwapSpaceOptions | undefined;
  /** Microbatches of its replica. */
  readonly microbatches: number;
  readonly publish: (event: ServingEvent) => void;
  /** Called once it has taken requests from the head of the queue, or given some back. */
  readonly headChanged: () => void;
}

/** Requests that a microbatch takes in, and how many tokens of theirs the KV cache held already. */
interface Admission {
  readonly requests: readonly Request[];
  readonly cachedTokens: number;
}

const nobody: Admission = { requests: [], cachedTokens: 0 };

/** Decides what the microbatches of a replica run next, as the policy plans it: who leaves, who joins, what is read and decoded. */
export class Batcher {
  readonly #options: BatcherOptions;
  readonly #policy: BatchingPolicy;
  readonly #waiting: WaitingQueue;
  readonly #preempter: Preempter;
  readonly #view: PolicyView;
  #runningSequences = 0;

  constructor(options: BatcherOptions) {
    const { index: replica, time, order, waiting, backlog, swap, publish } = options;
    this.#options = options;
    this.#policy = options.policy;
    this.#waiting = waiting;
    this.#preempter = new Preempter({ replica, time, order, waiting, backlog, swap, publish });
    this.#view = new PolicyView(waiting, options.microbatches);
  }

  /** Admitted requests of all microbatches. */
  get runningSequences(): number {
    return this.#runningSequences;
  }

  /** A request has ended, or goes on elsewhere. */
  left(): void {
    this.#runningSequences--;
  }

  /**
   * Tells a flight that is on the ground what it is to do next, and how long that holds. Returns the plan that it follows.
   * Throws `PolicyError` for one that cannot be carried out.
   */
  fill(flight: Flight): BatchPlan {
    const { microbatch } = flight;
    let preempted = this.#preempter.makeRoom(microbatch);
    this.#runningSequences -= preempted;
    let plan = this.#planFor(microbatch);
    for (; this.#displaces(microbatch, plan); preempted++) {
      this.#runningSequences--;
      plan = this.#planFor(microbatch);
    }
    const admission = plan.admit === 0 ? nobody : this.#admit(microbatch, plan.admit);
    if (preempted > 0 || plan.admit > 0) {
      this.#publishDispatch(microbatch, admission);
      this.#options.headChanged();
    }
    const reads = microbatch.prefills.length > 0;
    flight.chunks = reads ? chunksOf(microbatch.prefills, plan.promptTokens ?? Number.POSITIVE_INFINITY) : noChunks;
    flight.load = reads ? loadOf(flight.chunks) : noLoad;
    flight.decodes = (plan.decode ?? true) && microbatch.running.size > 0;
    // What joins with its cache may leave less to bring for what is next.
    flight.hold = plan.admit > 0 ? "step" : this.#holdOf(plan);
    flight.limit = this.#limitOf(microbatch);
    flight.queueHead = this.#waiting.at(0);
    flight.queueJoins = this.#options.backlog.joins;
    return plan;
  }

  /** Whether a microbatch that goes round would be given the same plan again, though other microbatches may have changed. */
  planHolds({ hold, limit, queueHead, queueJoins }: Flight): boolean {
    if (hold === "until-arrival" && queueJoins !== this.#options.backlog.joins) return this.#waiting.length === 0;
    // What waits for room in the KV cache may have gone elsewhere, and what is next may be smaller.
    return limit !== "kv-cache" || queueHead === this.#waiting.at(0);
  }

  #planFor(microbatch: Microbatch): BatchPlan {
    return checkedPlan(
      this.#policy,
      this.#view.tell(this.#options.time.nowSeconds, this.#runningSequences, microbatch),
    );
  }

  /** Where a newcomer may displace a running sequence, no plan holds longer than until one comes. */
  #holdOf({ hold = "step" }: BatchPlan): Hold {
    return this.#options.order.preemptive && hold === "until-departure" ? "until-arrival" : hold;
  }

  /** Preempts the running sequence that goes last, where only a departure makes room for a request that goes before it; whether it did. */
  #displaces(microbatch: Microbatch, { admit, hold }: BatchPlan): boolean {
    if (!this.#options.order.preemptive || this.#policy.release === "together") return false;
    return admit === 0 && hold === "until-departure" && this.#preempter.displace(microbatch);
  }

  /** Takes requests from the head of the queue. */
  #admit(microbatch: Microbatch, count: number): Admission {
    const requests: Request[] = [];
    let cachedTokens = 0;
    while (requests.length < count) {
      const request = this.#waiting.shift();
      if (request === undefined) throw new PolicyError("the policy admitted more requests than wait");
      if (this.#view.kvBlocksFor(request) > microbatch.kv.ledger.freeBlocks) throw overfilled();
      this.#preempter.bringBack(request, microbatch);
      cachedTokens += microbatch.admit(request);
      if (Number.isNaN(request.admittedSeconds)) request.admittedSeconds = this.#options.time.nowSeconds;
      requests.push(request);
    }
    if (microbatch.freeBlocksAfterStep < 0) throw overfilled();
    this.#runningSequences += count;
    this.#options.backlog.waiting -= count;
    return { requests, cachedTokens };
  }

  #publishDispatch({ index: microbatch }: Microbatch, { requests: admitted, cachedTokens }: Admission): void {
    const { index: replica, time, backlog, publish } = this.#options;
    const { nowSeconds: atSeconds } = time;
    const { waiting } = backlog;
    publish({ kind: "dispatch", atSeconds, replica, microbatch, admitted, cachedTokens, waiting });
  }

  /** Why the batch is not larger. */
  #limitOf(microbatch: Microbatch): BatchLimit {
    const next = this.#waiting.at(0);
    if (next === undefined) return "arrivals";
    return this.#view.kvBlocksFor(next) > microbatch.freeBlocksForAdmission ? "kv-cache" : "policy";
  }
}

const overfilled = () => new PolicyError("the policy overfilled the KV cache");
