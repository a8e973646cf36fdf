import { InvariantError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import { Circuit, type CircuitOptions } from "./circuit.ts";
import type { BatchLimit, ServingEvent } from "./events.ts";
import type { Flight } from "./flight.ts";
import { cutOff, landed } from "./landing.ts";
import type { Microbatch } from "./microbatch.ts";
import type { BatchingPolicy, BatchPlan, Hold } from "./policy.ts";
import { PolicyView } from "./policy-view.ts";
import { chunksOf, loadOf, noChunks, noLoad } from "./prefill.ts";
import type { Request } from "./request.ts";
import type { StageUse } from "./stage-books.ts";
import { WaitingQueue } from "./waiting-queue.ts";

/** `leap`: any number of decode steps between two changes is one event; `step`: each is its own, for reference. */
export type AdvanceMode = "leap" | "step";

export interface ReplicaOptions extends CircuitOptions {
  readonly index: number;
  readonly policy: BatchingPolicy;
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
  readonly #circuit: Circuit;
  /** Blocks of the KV cache of each microbatch. */
  readonly #kvCapacityBlocks: number;
  #runningSequences = 0;
  /** How often a request has joined the queue: as it came, or preempted. */
  #queueJoins = 0;
  /** What the next dispatch is booked for. */
  #dispatchSeconds = Number.NaN;
  /** When a policy that starts nothing asked to be asked again. */
  #againSeconds = Number.NaN;
  readonly #dispatchDue: Due = { fire: () => this.#dispatch() };
  readonly #goesOn = (flight: Flight) => flight.stepsLeft > 1 && this.#planHolds(flight);

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#time = options.time;
    this.#publish = options.publish;
    this.#policy = options.policy;
    this.#circuit = new Circuit(options, (flight) => this.#land(flight));
    const { idle } = this.#circuit;
    this.#view = new PolicyView(this.#waiting, idle.length);
    this.#kvCapacityBlocks = idle[0]!.microbatch.kv.capacityBlocks;
  }

  /** What each pipeline stage did so far, trips that have ended. */
  get stageUse(): readonly StageUse[] {
    return this.#circuit.stageUse;
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
    const { idle, underWay } = this.#circuit;
    while (underWay.length > 0 && underWay[0]!.trip.exitSeconds <= now) this.#circuit.takeIn();
    for (const flight of idle) this.#tell(flight, flight.trip.exitSeconds);
    for (const flight of underWay) {
      const endSeconds = this.#circuit.endSteps(flight);
      this.#tell(flight, endSeconds);
      const startSeconds = this.#circuit.cutOff(flight, endSeconds);
      flight.microbatch.holdUntil(startSeconds);
      this.#publish(cutOff(flight, this.#options.index, startSeconds, now));
    }
    underWay.length = 0;
    this.#circuit.rest();
  }

  /** A newcomer may join at the next step boundary: a leap under way ends there. */
  #cutLeap(): void {
    const flight = this.#circuit.underWay[0];
    if (flight === undefined || flight.run !== flight.leap || flight.hold !== "until-arrival") return;
    flight.hold = "until-departure";
    this.#circuit.cutLeap(flight);
  }

  /** Dispatches once the completions and arrivals of an instant are in: of this one, or of that at which the first stage is free. */
  #wake(): void {
    const { idle, freeSeconds } = this.#circuit;
    const at = Math.max(this.#time.nowSeconds, freeSeconds);
    this.#circuit.begin();
    if (idle.length === 0 || this.#dispatchSeconds === at) return;
    this.#dispatchSeconds = at;
    this.#time.at(at, Rank.dispatch, this.#dispatchDue);
  }

  /** Starts the longest idle microbatch that has something to run, if the first stage is free. */
  #dispatch(): void {
    const now = this.#time.nowSeconds;
    this.#dispatchSeconds = Number.NaN;
    if (this.#circuit.freeSeconds <= now) this.#startNext();
    if (this.#circuit.freeSeconds > now && this.#groundMayStart) this.#wake();
    this.#circuit.bookLanding();
  }

  #startNext(): void {
    const { idle } = this.#circuit;
    for (let place = 0; place < idle.length; place++) {
      if (!this.#start(idle[place]!)) continue;
      this.#circuit.leave(place);
      return;
    }
  }

  /** Whether a microbatch on the ground has something to run, or might be given something. */
  get #groundMayStart(): boolean {
    const { idle } = this.#circuit;
    if (idle.length === 0) return false;
    return this.#waiting.length > 0 || idle.some(({ microbatch }) => microbatch.admitted > 0);
  }

  /** Sends a step or a leap of a microbatch into the pipeline; false where it has nothing to run. */
  #start(flight: Flight): boolean {
    const { microbatch } = flight;
    const now = this.#time.nowSeconds;
    if (flight.stepsLeft > 0 && this.#planHolds(flight)) {
      this.#circuit.sendOn(flight, now);
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
    this.#send(flight, plan.hold ?? "step");
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
  #send(flight: Flight, hold: Hold): void {
    const { microbatch, chunks } = flight;
    const { mode, stepTime } = this.#options;
    const leaps = mode === "leap" && stepTime.isSteady && hold !== "step" && chunks.length === 0;
    flight.hold = leaps ? hold : "step";
    flight.limit = this.#limitOf(microbatch);
    flight.queueHead = this.#waiting.at(0);
    flight.queueJoins = this.#queueJoins;
    this.#circuit.send(flight, leaps ? microbatch.stepsUntilChange : 1);
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

  #land(flight: Flight): void {
    const circuit = this.#circuit;
    if (circuit.underWay[0] !== flight) throw new InvariantError("microbatches overtook one another");
    if (flight.stepsLeft > 1 && !this.#groundMayStart && circuit.goRound(this.#goesOn)) {
      circuit.bookLanding();
      return;
    }
    circuit.takeIn();
    if (flight.stepsLeft === 0) this.#tell(flight, flight.trip.exitSeconds);
    if (this.#waiting.length + this.#runningSequences === 0) circuit.rest();
    const isDone = this.#waiting.length + flight.microbatch.admitted === 0;
    // Where nothing else is due at this instant, a dispatch would come next anyway.
    if (!isDone && this.#time.nextSeconds > this.#time.nowSeconds) {
      this.#dispatch();
      return;
    }
    if (!isDone) this.#wake();
    circuit.bookLanding();
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
