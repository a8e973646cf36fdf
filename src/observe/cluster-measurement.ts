import type { Advance, Delivery, ServingEvent } from "../serving/events.ts";
import type { StageUse } from "../serving/stage-use.ts";
import { ClusterTally, type PoolTally } from "./cluster-tally.ts";
import { type Fold, probe } from "./probe.ts";
import { Stretches } from "./stretches.ts";

/** What a cluster did, as a whole and by stretches of equally many finished requests. */
export interface ClusterMeasurement {
  readonly total: ClusterTally;
  readonly groupings: readonly (readonly ClusterTally[])[];
  readonly endSeconds: number;
  /** By replica and stage. */
  readonly stages: readonly (readonly StageUse[])[];
}

/** Measures what each pool of replicas does, and what goes between them; `poolOf` gives the pool of each replica. */
export const clusterMeasurement = (poolOf: readonly number[]) => probe(() => new ClusterMeasuring(poolOf));

const shortestStretch = 32;

class ClusterMeasuring implements Fold<ClusterMeasurement> {
  readonly #poolOf: readonly number[];
  readonly #stretches: Stretches<ClusterTally>;
  /** By replica. */
  readonly #running: number[];
  /** By pool. */
  readonly #runningIn: number[];
  readonly #busyIn: number[];
  #moving = 0;
  /** Arrivals of caches whose requests wait for room. */
  readonly #arrivedSeconds = new Map<number, number>();
  #nowSeconds = 0;
  #stages: ClusterMeasurement["stages"] = [];

  constructor(poolOf: readonly number[]) {
    const pools = Math.max(...poolOf) + 1;
    this.#poolOf = poolOf;
    this.#stretches = new Stretches(() => new ClusterTally(pools));
    this.#running = new Array<number>(poolOf.length).fill(0);
    this.#runningIn = new Array<number>(pools).fill(0);
    this.#busyIn = new Array<number>(pools).fill(0);
  }

  on(event: ServingEvent): void {
    this.#moveTo(event.atSeconds);
    switch (event.kind) {
      case "dispatch":
        this.#run(event.replica, event.admitted.length);
        if (this.#arrivedSeconds.size > 0) for (const { id } of event.admitted) this.#admit(id);
        break;
      case "advance":
        recordAdvance(this.#stretches.current.pools[this.#poolOf[event.replica]!]!, event);
        break;
      case "preemption":
        this.#run(event.replica, -1);
        break;
      case "handoff":
        this.#run(event.replica, -1);
        this.#moving++;
        break;
      case "delivery":
        this.#deliver(event);
        break;
      case "finish":
        this.#run(event.replica, -1);
        this.#stretches.current.finished++;
        break;
      case "end":
        this.#stages = event.stages;
        break;
    }
  }

  result(): ClusterMeasurement {
    return { ...this.#stretches.result(), endSeconds: this.#nowSeconds, stages: this.#stages };
  }

  #run(replica: number, more: number): void {
    const pool = this.#poolOf[replica]!;
    const before = this.#running[replica]!;
    this.#running[replica] = before + more;
    this.#runningIn[pool]! += more;
    this.#busyIn[pool]! += (before + more > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  }

  #deliver({ request, queuedSeconds, sentSeconds, atSeconds }: Delivery): void {
    const { current } = this.#stretches;
    this.#moving--;
    current.linkWaitSeconds.record(queuedSeconds);
    current.transferSeconds.record(queuedSeconds + sentSeconds);
    this.#arrivedSeconds.set(request.id, atSeconds);
  }

  #admit(id: number): void {
    const since = this.#arrivedSeconds.get(id);
    if (since === undefined) return;
    this.#arrivedSeconds.delete(id);
    this.#stretches.current.roomWaitSeconds.record(this.#nowSeconds - since);
  }

  /** A stretch ends between two instants, so that what happens at one instant is never torn apart. */
  #moveTo(seconds: number): void {
    const elapsed = seconds - this.#nowSeconds;
    if (elapsed <= 0) return;
    if (this.#stretches.current.finished >= shortestStretch * this.#stretches.scale) this.#stretches.cut();
    const { current } = this.#stretches;
    current.seconds += elapsed;
    current.movingSeconds += this.#moving * elapsed;
    current.pools.forEach((pool, place) => {
      pool.runningSeconds += this.#runningIn[place]! * elapsed;
      pool.busySeconds += this.#busyIn[place]! * elapsed;
    });
    this.#nowSeconds = seconds;
  }
}

function recordAdvance(pool: PoolTally, event: Advance): void {
  const { steps, decoding, decodedTokens, rejectedTokens, freshSeconds, sinceSeconds, atSeconds } = event;
  pool.kvTokenSeconds += event.kvTokenSeconds;
  pool.prefillTokens += event.prefillTokens;
  pool.prefillPairs += event.prefillPairs;
  pool.laterTokens += event.resumedAfterSeconds.length;
  for (const gapSeconds of event.resumedAfterSeconds) pool.betweenTokensSeconds += gapSeconds;
  if (decoding === 0 || steps === 0) return;
  pool.decodeSteps += steps;
  pool.decodeSlots += decoding * steps;
  pool.draftTokens += decodedTokens - decoding * steps + rejectedTokens;
  pool.decodePairs += event.decodePairs;
  pool.laterTokens += decodedTokens;
  pool.betweenTokensSeconds += (decoding - freshSeconds.length) * (atSeconds - sinceSeconds);
  for (const lastSeconds of freshSeconds) pool.betweenTokensSeconds += atSeconds - lastSeconds;
}
