import { DecodeRun } from "../bounds/decode-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import { InvariantError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { ServingEvent } from "./events.ts";
import { type Flight, flightTime, stepsEndedBy } from "./flight.ts";
import { Microbatch, noPrefill, prefillLoad } from "./microbatch.ts";
import { Pipeline, type StageUse } from "./pipeline.ts";
import type { BatchingPolicy, BatchPlan } from "./policy.ts";
import type { Request } from "./request.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/** `leap`: any number of decode steps between two changes is one event; `step`: each is its own, for reference. */
export type AdvanceMode = "leap" | "step";

export interface ReplicaOptions {
  readonly index: number;
  readonly time: SimulatedTime;
  readonly stepTime: StepTimeModel;
  readonly policy: BatchingPolicy;
  /** Tokens that the KV cache of the whole replica holds; each microbatch owns an even share. */
  readonly kvCapacityTokens: number;
  readonly kvBlockTokens: number;
  readonly mode: AdvanceMode;
  readonly publish: (event: ServingEvent) => void;
}

/** One copy of the model: a queue, up to as many microbatches in flight as there are pipeline stages, and their KV cache. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #waiting = new WaitingQueue();
  readonly #pipeline: Pipeline;
  readonly #microbatches: readonly Microbatch[];
  /** Microbatches that are not in flight, longest idle first. */
  readonly #idle: Microbatch[];
  /** In the order in which they entered the pipeline. */
  #flights: Flight[] = [];
  #runningSequences = 0;
  #dispatchSeconds = Number.NaN;
  readonly #dispatchDue: Due = { fire: () => this.#dispatch() };

  constructor(options: ReplicaOptions) {
    this.#options = options;
    const stages = options.stepTime.layout.pipelineStages;
    this.#pipeline = new Pipeline(stages);
    const share = Math.floor(options.kvCapacityTokens / stages);
    this.#microbatches = Array.from({ length: stages }, (_, at) => new Microbatch(at, share, options.kvBlockTokens));
    this.#idle = [...this.#microbatches];
  }

  /** Takes a request in, or turns it away where even alone it could not be served. */
  submit(request: Request): void {
    const { time, publish } = this.#options;
    const { kv } = this.#microbatches[0]!;
    const neededBlocks = kv.blocksFor(request.finalKvTokens);
    if (neededBlocks > kv.capacityBlocks) {
      const reason = `needs ${neededBlocks} KV blocks of ${kv.capacityBlocks}`;
      publish({ kind: "rejection", atSeconds: time.nowSeconds, request, reason });
      return;
    }
    this.#waiting.push(request);
    publish({ kind: "arrival", atSeconds: time.nowSeconds, request, waiting: this.#waiting.length });
    this.#cutLeap();
    this.#wake();
  }

  /** Ends the run at the present instant: what is under way is cut off. */
  settle(): void {
    const now = this.#options.time.nowSeconds;
    for (const flight of this.#flights) {
      this.#pipeline.book(flight.trip, now);
      const steps = stepsEndedBy(flight, now);
      if (steps > 0) {
        this.#pipeline.shorten(flight.trip, flight.run!.seconds(steps));
        flight.steps = steps;
        this.#commit(flight);
      }
      this.#publishCut(flight, steps > 0 ? flight.trip.exitSeconds : flight.trip.startSeconds[0]!);
    }
    this.#flights = [];
  }

  get stageUse(): readonly StageUse[] {
    return this.#pipeline.use;
  }

  /** A newcomer may join at the next step boundary: a leap under way ends there. */
  #cutLeap(): void {
    const flight = this.#flights[0];
    if (flight?.run === undefined || flight.hold !== "until-arrival") return;
    const { time } = this.#options;
    const steps = flight.run.stepsToLast(time.nowSeconds - flight.trip.startSeconds[0]!, flight.steps);
    flight.hold = "until-departure";
    if (steps === flight.steps) return;
    flight.steps = steps;
    this.#pipeline.shorten(flight.trip, flight.run.seconds(steps));
    this.#bookLanding(flight);
  }

  /** Dispatches at this instant, once all of its completions and arrivals are in, if the first stage is free. */
  #wake(): void {
    const { time } = this.#options;
    if (this.#pipeline.firstStageFreeSeconds > time.nowSeconds || this.#dispatchSeconds === time.nowSeconds) return;
    this.#dispatchSeconds = time.nowSeconds;
    time.at(time.nowSeconds, Rank.dispatch, this.#dispatchDue);
  }

  /** Starts the longest idle microbatch that has something to run. */
  #dispatch(): void {
    for (const microbatch of this.#idle) {
      if (this.#start(microbatch)) {
        this.#idle.splice(this.#idle.indexOf(microbatch), 1);
        return;
      }
    }
  }

  #start(microbatch: Microbatch): boolean {
    const { time, stepTime, mode, publish } = this.#options;
    const now = time.nowSeconds;
    const preempted = this.#makeRoom(microbatch);
    const plan = this.#plan(microbatch);
    const admitted = this.#admit(microbatch, plan);
    if (preempted || admitted.length > 0) {
      const { index: replica } = this.#options;
      const waiting = this.#waiting.length;
      publish({ kind: "dispatch", atSeconds: now, replica, microbatch: microbatch.index, admitted, waiting });
    }
    if (microbatch.running.size + admitted.length === 0) return false;

    const leaps = mode === "leap" && plan.hold !== "step" && admitted.length === 0 && this.#pipeline.stages === 1;
    const prefill = admitted.length === 0 ? noPrefill : prefillLoad(admitted);
    const steps = leaps ? microbatch.stepsUntilChange : 1;
    const run = leaps ? new DecodeRun(stepTime, microbatch.running.size, microbatch.running.contextTokens) : undefined;
    const trip =
      run === undefined
        ? this.#tripOfStep(microbatch, prefill, admitted)
        : this.#pipeline.enter(now, run.seconds(steps), 0);
    const flight = { microbatch, prefills: admitted, prefill, trip, run, steps, hold: plan.hold, landed: false };
    this.#flights.push(flight);
    this.#bookLanding(flight);
    if (this.#pipeline.stages > 1) time.at(this.#pipeline.firstStageFreeSeconds, Rank.dispatch, this.#dispatchDue);
    return true;
  }

  #tripOfStep(microbatch: Microbatch, prefill: ReturnType<typeof prefillLoad>, admitted: readonly Request[]) {
    const { time, stepTime } = this.#options;
    const step = stepTime.time(microbatch.shape(prefill, admitted.length));
    return this.#pipeline.enter(time.nowSeconds, step.stageSeconds, step.hopSeconds);
  }

  /** Preempts the newest sequences until each of the others has room for its next token. */
  #makeRoom(microbatch: Microbatch): boolean {
    let preempted = false;
    while (microbatch.freeBlocksAfterStep < 0) {
      const { request, droppedTokens } = microbatch.takeNewest();
      request.preemptions++;
      request.lastTokenSeconds = microbatch.lastTokenSeconds;
      this.#waiting.pushToHead(request);
      this.#runningSequences--;
      preempted = true;
      this.#options.publish({ kind: "preemption", atSeconds: this.#options.time.nowSeconds, request, droppedTokens });
    }
    return preempted;
  }

  #plan(microbatch: Microbatch): BatchPlan {
    return this.#options.policy({
      nowSeconds: this.#options.time.nowSeconds,
      waiting: this.#waiting,
      microbatches: this.#microbatches.length,
      runningSequences: this.#runningSequences,
      microbatch: {
        index: microbatch.index,
        sequences: microbatch.running.size,
        freeKvBlocks: microbatch.freeBlocksAfterStep,
      },
      kvBlocksFor: (request) => microbatch.kv.blocksFor(request.promptTokens + request.emittedTokens),
    });
  }

  #admit(microbatch: Microbatch, plan: BatchPlan): readonly Request[] {
    if (plan.admit === 0) return none;
    const admitted: Request[] = [];
    for (let count = 0; count < plan.admit; count++) {
      const request = this.#waiting.shift();
      if (request === undefined) throw new InvariantError("the policy admitted more requests than wait");
      microbatch.kv.allocate(request.prefillTokens);
      if (Number.isNaN(request.admittedSeconds)) request.admittedSeconds = this.#options.time.nowSeconds;
      admitted.push(request);
    }
    if (microbatch.freeBlocksAfterStep < 0) throw new InvariantError("the policy overfilled the KV cache");
    this.#runningSequences += admitted.length;
    return admitted;
  }

  #bookLanding(flight: Flight): void {
    const { time } = this.#options;
    // A boundary found by solving for it may come out a rounding error before the arrival that it serves.
    const landSeconds = Math.max(flight.trip.exitSeconds, time.nowSeconds);
    time.at(landSeconds, Rank.completion, {
      fire: () => {
        // A leap that was cut leaves its first booking behind.
        if (!flight.landed) this.#land(flight);
      },
    });
  }

  #land(flight: Flight): void {
    if (this.#flights.shift() !== flight) throw new InvariantError("microbatches overtook one another");
    this.#pipeline.book(flight.trip, flight.trip.exitSeconds);
    this.#commit(flight);
    this.#idle.push(flight.microbatch);
    if (this.#waiting.length > 0 || flight.microbatch.running.size > 0) this.#wake();
  }

  /** Applies what the steps of a flight did. */
  #commit(flight: Flight): void {
    const { microbatch, prefills, prefill, steps, trip } = flight;
    const { running } = microbatch;
    const endSeconds = trip.exitSeconds;
    flight.landed = true;
    const decoding = running.size;
    const contextTokens = running.contextTokens;
    const times = flightTime(flight, this.#options.stepTime);
    const startSeconds = trip.startSeconds[0]!;
    const sinceSeconds = decoding > 0 ? microbatch.lastTokenSeconds : startSeconds;
    microbatch.advance(steps);
    const resumedAfterSeconds = this.#joinAll(flight);
    this.#options.publish({
      kind: "advance",
      replica: this.#options.index,
      microbatch: microbatch.index,
      sinceSeconds,
      startSeconds,
      atSeconds: endSeconds,
      steps,
      decoding,
      prefilling: prefills.length,
      prefilled: prefills,
      resumedAfterSeconds,
      prefillTokens: prefill.tokens,
      recomputedTokens: prefill.recomputedTokens,
      prefillPairs: prefill.pairs,
      decodePairs: steps * contextTokens + (decoding * steps * (steps - 1)) / 2,
      kvTokenSeconds:
        contextTokens * (startSeconds - sinceSeconds) +
        (contextTokens + decoding + prefill.tokens) * (endSeconds - startSeconds) +
        decoding * times.indexSeconds,
      computeSeconds: times.computeSeconds,
      memorySeconds: times.memorySeconds,
      stretches: times.stretches,
      kvTokensBefore: contextTokens,
      kvTokens: running.contextTokens,
    });
    microbatch.lastTokenSeconds = endSeconds;
    for (let request = microbatch.takeEnded(); request !== undefined; request = microbatch.takeEnded()) {
      this.#finish(request, endSeconds);
    }
  }

  /** The prefilled requests emit a token each and decode from now on. Returns how long those that resume had been cut off. */
  #joinAll({ microbatch, prefills, trip }: Flight): readonly number[] {
    if (prefills.length === 0) return none;
    const resumedAfterSeconds: number[] = [];
    for (const request of prefills) {
      const contextTokens = request.prefillTokens;
      if (request.emittedTokens === 0) request.firstTokenSeconds = trip.exitSeconds;
      else resumedAfterSeconds.push(trip.exitSeconds - request.lastTokenSeconds);
      request.emittedTokens++;
      microbatch.join(request, contextTokens);
    }
    return resumedAfterSeconds;
  }

  #finish(request: Request, atSeconds: number): void {
    request.finishSeconds = atSeconds;
    request.lastTokenSeconds = atSeconds;
    this.#runningSequences--;
    this.#options.publish({ kind: "finish", atSeconds, request });
  }

  /** A step that had not ended when the run did: it took time and held the cache, but emitted nothing. */
  #publishCut({ microbatch, prefills, prefill }: Flight, startSeconds: number): void {
    const now = this.#options.time.nowSeconds;
    const { size, contextTokens } = microbatch.running;
    const sinceSeconds = size > 0 ? microbatch.lastTokenSeconds : startSeconds;
    const heldTokens = contextTokens + size + prefill.tokens;
    this.#options.publish({
      kind: "advance",
      replica: this.#options.index,
      microbatch: microbatch.index,
      sinceSeconds,
      startSeconds,
      atSeconds: now,
      steps: 0,
      decoding: size,
      prefilling: prefills.length,
      prefilled: none,
      resumedAfterSeconds: none,
      prefillTokens: 0,
      recomputedTokens: 0,
      prefillPairs: 0,
      decodePairs: 0,
      kvTokenSeconds: contextTokens * (startSeconds - sinceSeconds) + heldTokens * (now - startSeconds),
      computeSeconds: 0,
      memorySeconds: 0,
      stretches: none,
      kvTokensBefore: contextTokens,
      kvTokens: contextTokens,
    });
  }
}

const none: readonly never[] = [];
