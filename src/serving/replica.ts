import { SingleStep } from "../bounds/step-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import { InvariantError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { BatchLimit, ServingEvent } from "./events.ts";
import { Flight } from "./flight.ts";
import { cutOff, landed } from "./landing.ts";
import { Microbatch } from "./microbatch.ts";
import { Pipeline, type StageUse } from "./pipeline.ts";
import type { BatchingPolicy, BatchPlan, Hold } from "./policy.ts";
import { PolicyView } from "./policy-view.ts";
import { chunksOf, loadOf, noChunks, noLoad } from "./prefill.ts";
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
  readonly #time: SimulatedTime;
  readonly #publish: (event: ServingEvent) => void;
  readonly #waiting = new WaitingQueue();
  readonly #policy: BatchingPolicy;
  readonly #view: PolicyView;
  readonly #pipeline: Pipeline;
  /** Blocks of the KV cache of each microbatch. */
  readonly #kvCapacityBlocks: number;
  /** One for each microbatch: those on the ground, longest idle first, and those under way, in order of entry. */
  readonly #idle: Flight[];
  readonly #underWay: Flight[] = [];
  #runningSequences = 0;
  /** How often a request has joined the queue: as it came, or preempted. */
  #queueJoins = 0;
  /** What the next dispatch is booked for. */
  #dispatchSeconds = Number.NaN;
  /** When a policy that starts nothing asked to be asked again. */
  #againSeconds = Number.NaN;
  readonly #dispatchDue: Due = { fire: () => this.#dispatch() };

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#time = options.time;
    this.#publish = options.publish;
    this.#policy = options.policy;
    const stages = options.stepTime.layout.pipelineStages;
    const share = Math.floor(options.kvCapacityTokens / stages);
    this.#view = new PolicyView(this.#waiting, stages);
    this.#pipeline = new Pipeline(new Array<number>(stages).fill(1));
    const land = (flight: Flight) => this.#land(flight);
    this.#idle = Array.from({ length: stages }, (_, index) => {
      const microbatch = new Microbatch(index, share, options.kvBlockTokens);
      return new Flight(microbatch, this.#pipeline.newTrip(), options.time, land);
    });
    this.#kvCapacityBlocks = this.#idle[0]!.microbatch.kv.capacityBlocks;
  }

  /** What each pipeline stage did so far, trips that have ended. */
  get stageUse(): readonly StageUse[] {
    return this.#pipeline.use;
  }

  /** Takes a request in, or turns it away where even alone it could not be served. */
  submit(request: Request): void {
    const atSeconds = this.#time.nowSeconds;
    const neededBlocks = Math.ceil(request.finalKvTokens / this.#options.kvBlockTokens);
    if (neededBlocks > this.#kvCapacityBlocks) {
      const reason = `needs ${neededBlocks} KV blocks of ${this.#kvCapacityBlocks}`;
      this.#publish({ kind: "rejection", atSeconds, request, reason });
      return;
    }
    this.#waiting.push(request);
    this.#queueJoins++;
    this.#publish({ kind: "arrival", atSeconds, request, waiting: this.#waiting.length });
    this.#cutLeap();
    this.#wake();
  }

  /** Ends the run at the present instant: what is under way is cut off. */
  settle(): void {
    const now = this.#time.nowSeconds;
    while (this.#underWay.length > 0 && this.#underWay[0]!.trip.exitSeconds <= now) this.#takeIn();
    for (const flight of this.#idle) this.#tell(flight, flight.trip.exitSeconds);
    for (const flight of this.#underWay) {
      this.#pipeline.book(flight.trip, now);
      flight.steps = flight.stepsEndedBy(now);
      const endSeconds = flight.startSeconds + flight.run.seconds(flight.steps);
      const startSeconds = Math.max(endSeconds, flight.trip.startSeconds[0]!);
      this.#tell(flight, endSeconds);
      flight.microbatch.holdUntil(startSeconds);
      if (this.#options.stepTime.isSteady) flight.begin(this.#options.stepTime);
      this.#publish(cutOff(flight, this.#options.index, startSeconds, now));
    }
    this.#underWay.length = 0;
    this.#pipeline.rest(now);
  }

  /** A newcomer may join at the next step boundary: a leap under way ends there. */
  #cutLeap(): void {
    const flight = this.#underWay[0];
    if (flight === undefined || flight.run !== flight.leap || flight.hold !== "until-arrival") return;
    const steps = flight.leap.stepsToLast(this.#time.nowSeconds - flight.startSeconds, flight.steps);
    flight.hold = "until-departure";
    if (steps === flight.steps) return;
    flight.steps = steps;
    this.#pipeline.shorten(flight.trip, flight.leap.seconds(steps));
    this.#bookLanding();
  }

  /** Dispatches once the completions and arrivals of an instant are in: of this one, or of that at which the first stage is free. */
  #wake(): void {
    this.#pipeline.begin(this.#time.nowSeconds);
    const at = Math.max(this.#time.nowSeconds, this.#pipeline.firstStageFreeSeconds);
    if (this.#idle.length === 0 || this.#dispatchSeconds === at) return;
    this.#dispatchSeconds = at;
    this.#time.at(at, Rank.dispatch, this.#dispatchDue);
  }

  /** Starts the longest idle microbatch that has something to run, if the first stage is free. */
  #dispatch(): void {
    const now = this.#time.nowSeconds;
    this.#dispatchSeconds = Number.NaN;
    if (this.#pipeline.firstStageFreeSeconds <= now) this.#startNext();
    if (this.#pipeline.firstStageFreeSeconds > now && this.#groundMayStart) this.#wake();
    this.#bookLanding();
  }

  #startNext(): void {
    const idle = this.#idle;
    for (let place = 0; place < idle.length; place++) {
      const flight = idle[place]!;
      if (!this.#start(flight)) continue;
      if (place === 0) idle.shift();
      else idle.splice(place, 1);
      this.#underWay.push(flight);
      return;
    }
  }

  /** Whether a microbatch on the ground has something to run, or might be given something. */
  get #groundMayStart(): boolean {
    if (this.#idle.length === 0) return false;
    return this.#waiting.length > 0 || this.#idle.some(({ microbatch }) => microbatch.admitted > 0);
  }

  /** Sends a step or a leap of a microbatch into the pipeline; false where it has nothing to run. */
  #start(flight: Flight): boolean {
    const { microbatch } = flight;
    const now = this.#time.nowSeconds;
    if (flight.stepsLeft > 0 && this.#planHolds(flight)) {
      this.#enterRound(flight, now);
      return true;
    }
    this.#tell(flight, flight.trip.exitSeconds);
    microbatch.holdUntil(now);
    const preempted = this.#makeRoom(microbatch);
    const plan = this.#policy.plan(this.#view.tell(now, this.#runningSequences, microbatch));
    const admitted = plan.admit === 0 ? none : this.#admit(microbatch, plan.admit);
    if (preempted || admitted.length > 0) this.#publishDispatch(microbatch, admitted);
    const reads = microbatch.prefills.length > 0;
    flight.chunks = reads ? chunksOf(microbatch.prefills, plan.promptTokens ?? Number.POSITIVE_INFINITY) : noChunks;
    flight.load = reads ? loadOf(flight.chunks) : noLoad;
    flight.decodes = (plan.decode ?? true) && microbatch.running.size > 0;
    if (!flight.decodes && flight.chunks.length === 0) {
      this.#stall(microbatch, plan);
      return false;
    }
    flight.limit = this.#limitOf(microbatch);
    flight.startSeconds = now;
    this.#enter(flight, plan.hold ?? "step");
    return true;
  }

  /** Nothing starts. Throws `InvariantError` where that would strand a request: the policy has to say when to ask again. */
  #stall(microbatch: Microbatch, { againSeconds }: BatchPlan): void {
    const now = this.#time.nowSeconds;
    if (againSeconds !== undefined && againSeconds > now) {
      const isBooked = this.#againSeconds > now && this.#againSeconds <= againSeconds;
      if (isBooked) return;
      this.#againSeconds = againSeconds;
      this.#time.at(againSeconds, Rank.dispatch, this.#dispatchDue);
      return;
    }
    const isStranded = this.#waiting.length > 0 && this.#runningSequences === 0;
    if (microbatch.admitted > 0 || isStranded)
      throw new InvariantError("the policy leaves requests waiting for nothing");
  }

  /** One step, or as many as can follow one another where they only decode and the plan holds. */
  #enter(flight: Flight, hold: Hold): void {
    const { stepTime, mode } = this.#options;
    if (!stepTime.isSteady) {
      this.#enterUnknownStep(flight);
      return;
    }
    const leaps = mode === "leap" && hold !== "step" && flight.chunks.length === 0;
    const steps = leaps ? flight.microbatch.stepsUntilChange : 1;
    flight.begin(stepTime);
    flight.hold = leaps ? hold : "step";
    if (this.#pipeline.stages > 1) {
      flight.steps = 0;
      flight.stepsLeft = steps;
      flight.queueHead = this.#waiting.at(0);
      flight.queueJoins = this.#queueJoins;
      this.#enterRound(flight, this.#time.nowSeconds);
    } else {
      flight.steps = steps;
      this.#pipeline.enter(flight.trip, this.#time.nowSeconds, flight.leap.seconds(steps), 0);
    }
  }

  /** A step whose time is only known when it is asked for. */
  #enterUnknownStep(flight: Flight): void {
    const { microbatch, decodes, chunks, load, trip } = flight;
    const now = this.#time.nowSeconds;
    const time = this.#options.stepTime.time(microbatch.shape(decodes, chunks, load));
    this.#pipeline.enter(trip, now, time.stageSeconds, time.hopSeconds);
    flight.steps = 1;
    flight.run = new SingleStep(time, trip.exitSeconds - now, trip.weights[0]! * trip.stageSeconds, trip.waits);
  }

  /** The next of the steps that go round. */
  #enterRound({ trip, rounds }: Flight, startSeconds: number): void {
    this.#pipeline.enter(trip, startSeconds, rounds.nextStageSeconds, rounds.hopSeconds);
  }

  /** Whether a microbatch that goes round would be given the same plan again, though other microbatches may have changed. */
  #planHolds({ hold, limit, queueHead, queueJoins }: Flight): boolean {
    if (hold === "until-arrival" && queueJoins !== this.#queueJoins) return this.#waiting.length === 0;
    // What waits for room in the KV cache may have gone elsewhere, and what is next may be smaller.
    return limit !== "kv-cache" || queueHead === this.#waiting.at(0);
  }

  /** Preempts what was admitted last until each of the others has room for its next token; whether there was any. */
  #makeRoom(microbatch: Microbatch): boolean {
    if (microbatch.freeBlocksAfterStep >= 0) return false;
    // Padding is the first to go: nobody misses it.
    microbatch.releasePadding();
    let preempted = false;
    while (microbatch.freeBlocksAfterStep < 0) {
      const { request, droppedTokens } = microbatch.evictNewest();
      request.preemptions++;
      this.#waiting.pushToHead(request);
      this.#queueJoins++;
      this.#runningSequences--;
      preempted = true;
      this.#publish({ kind: "preemption", atSeconds: this.#time.nowSeconds, request, droppedTokens });
    }
    return preempted;
  }

  /** Takes requests from the head of the queue. Throws `InvariantError` for a plan that cannot be carried out. */
  #admit(microbatch: Microbatch, count: number): readonly Request[] {
    const admitted: Request[] = [];
    while (admitted.length < count) {
      const request = this.#waiting.shift();
      if (request === undefined) throw new InvariantError("the policy admitted more requests than wait");
      microbatch.admit(request);
      if (Number.isNaN(request.admittedSeconds)) request.admittedSeconds = this.#time.nowSeconds;
      admitted.push(request);
    }
    if (microbatch.freeBlocksAfterStep < 0) throw new InvariantError("the policy overfilled the KV cache");
    this.#runningSequences += admitted.length;
    return admitted;
  }

  #limitOf(microbatch: Microbatch): BatchLimit {
    const next = this.#waiting.at(0);
    if (next === undefined) return "arrivals";
    return this.#view.kvBlocksFor(next) > microbatch.freeBlocksAfterStep ? "kv-cache" : "policy";
  }

  /** Books the next landing, unless it is. */
  #bookLanding(): void {
    const flight = this.#underWay[0];
    if (flight === undefined) return;
    // A boundary found by solving for it may come out a rounding error before the arrival that it serves.
    const at = Math.max(flight.trip.exitSeconds, this.#time.nowSeconds);
    if (flight.landSeconds === at) return;
    flight.landSeconds = at;
    this.#time.at(at, Rank.completion, flight);
  }

  #land(flight: Flight): void {
    if (this.#underWay[0] !== flight) throw new InvariantError("microbatches overtook one another");
    if (this.#goRound()) {
      this.#bookLanding();
      return;
    }
    this.#takeIn();
    if (flight.stepsLeft === 0) this.#tell(flight, flight.trip.exitSeconds);
    if (this.#waiting.length + this.#runningSequences === 0) this.#pipeline.rest(this.#time.nowSeconds);
    const isDone = this.#waiting.length + flight.microbatch.admitted === 0;
    // Where nothing else is due at this instant, a dispatch would come next anyway.
    if (!isDone && this.#time.nextSeconds > this.#time.nowSeconds) {
      this.#dispatch();
      return;
    }
    if (!isDone) this.#wake();
    this.#bookLanding();
  }

  /**
   * Lets microbatches that go on as they did land and start again, one after another, as long as nothing else comes in
   * between: neither events nor the calendar are needed for it. Returns whether any did.
   */
  #goRound(): boolean {
    const { stages } = this.#pipeline;
    if (stages === 1 || this.#groundMayStart) return false;
    const flights = this.#underWay;
    let changeSeconds = flights.find((flight) => !this.#goesOn(flight))?.trip.exitSeconds ?? Number.POSITIVE_INFINITY;
    let lastStartSeconds = Number.NaN;
    let place = 0;
    for (;;) {
      const flight = flights[place]!;
      const start = Math.max(flight.trip.exitSeconds, this.#pipeline.firstStageFreeSeconds);
      if (start >= changeSeconds || !this.#time.isClearUntil(start)) break;
      this.#pipeline.book(flight.trip);
      flight.landRound();
      this.#enterRound(flight, start);
      if (flight.stepsLeft === 1) changeSeconds = Math.min(changeSeconds, flight.trip.exitSeconds);
      lastStartSeconds = start;
      place = (place + 1) % flights.length;
    }
    if (Number.isNaN(lastStartSeconds)) return false;
    flights.push(...flights.splice(0, place));
    this.#time.advanceTo(lastStartSeconds);
    return true;
  }

  #goesOn(flight: Flight): boolean {
    return flight.stepsLeft > 1 && this.#planHolds(flight);
  }

  /** Takes the microbatch whose steps end next out of the pipeline. */
  #takeIn(): void {
    const flight = this.#underWay.shift()!;
    this.#pipeline.book(flight.trip);
    if (flight.stepsLeft > 0) flight.landRound();
    this.#idle.push(flight);
  }

  /** Applies and publishes what the steps of a flight did that have not been told, by the instant at which they ended. */
  #tell(flight: Flight, endSeconds: number): void {
    if (flight.steps === 0) return;
    const { advance, ended } = landed(flight, this.#options.index, endSeconds, this.#policy.release === "together");
    flight.steps = 0;
    flight.stepsLeft = 0;
    this.#publish(advance);
    for (const request of ended) {
      request.finishSeconds = endSeconds;
      request.lastTokenSeconds = endSeconds;
      this.#runningSequences--;
      this.#publish({ kind: "finish", atSeconds: endSeconds, request });
    }
  }

  #publishDispatch({ index: microbatch }: Microbatch, admitted: readonly Request[]): void {
    const { index: replica } = this.#options;
    const waiting = this.#waiting.length;
    this.#publish({ kind: "dispatch", atSeconds: this.#time.nowSeconds, replica, microbatch, admitted, waiting });
  }
}

const none: readonly never[] = [];
