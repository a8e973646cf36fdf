import { InvariantError, PolicyError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { Backlog } from "./backlog.ts";
import { Batcher } from "./batcher.ts";
import type { CentralQueue, QueueMember } from "./central-queue.ts";
import { Circuit, type CircuitOptions } from "./circuit.ts";
import type { ServingEvent } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { KvCache } from "./kv-cache.ts";
import { cutOff, type Leaving, landed } from "./landing.ts";
import type { Microbatch } from "./microbatch.ts";
import type { QueueOrder } from "./order.ts";
import { firstComeFirstServed } from "./orders/fcfs.ts";
import type { BatchingPolicy, BatchPlan } from "./policy.ts";
import type { Request } from "./request.ts";
import type { StageUse } from "./stage-use.ts";
import type { SwapSpaceOptions } from "./swap.ts";
import { type WaitingQueue, waitingQueue } from "./waiting-queue.ts";

/** `leap`: any number of decode steps between two changes is one event; `step`: each is its own, for reference. */
export type AdvanceMode = "leap" | "step";

export interface ReplicaOptions extends CircuitOptions {
  readonly index: number;
  readonly policy: BatchingPolicy;
  /** Of the queue; first come first served where left out. */
  readonly order?: QueueOrder | undefined;
  /** Where the caches of preempted sequences are kept; without it they are dropped, and computed anew. */
  readonly swap?: SwapSpaceOptions | undefined;
  readonly mode: AdvanceMode;
  readonly publish: (event: ServingEvent) => void;
  /** Told of each request that has emitted its last token, once that is published. */
  readonly finished: (request: Request) => void;
  /** Shared by the replicas of a system. */
  readonly backlog: Backlog;
  /** A queue that it shares with others; its own where left out. */
  readonly centralQueue?: CentralQueue;
  /**
   * Takes a request over whose prompt has been read here and whose output is decoded elsewhere; its cache keeps its blocks
   * until `release` is called. Without it requests stay to their ends.
   */
  readonly handOff?: (request: Request, release: () => void) => void;
}

/** One copy of the model: a queue, up to as many microbatches in flight as there are pipeline stages, and their KV cache. */
export class Replica {
  readonly #options: ReplicaOptions;
  readonly #time: SimulatedTime;
  readonly #publish: (event: ServingEvent) => void;
  readonly #backlog: Backlog;
  readonly #waiting: WaitingQueue;
  readonly #circuit: Circuit;
  readonly #batcher: Batcher;
  /** The KV cache of one microbatch: all are alike. */
  readonly #kv: KvCache;
  readonly #leaving: Leaving;
  /** Requests that were handed off and whose caches are still here. */
  #departing = 0;
  /** What the next dispatch is booked for. */
  #dispatchSeconds = Number.NaN;
  /** When a policy that starts nothing asked to be asked again. */
  #againSeconds = Number.NaN;
  readonly #dispatchDue: Due;
  readonly #member: QueueMember = {
    notice: (headChanged) => this.#notice(headChanged),
    dispatch: () => this.#dispatch(),
  };
  readonly #goesOn = (flight: Flight) => flight.stepsLeft > 1 && this.#batcher.planHolds(flight);

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#time = options.time;
    this.#publish = options.publish;
    this.#backlog = options.backlog;
    this.#leaving = { together: options.policy.release === "together", handsOff: options.handOff !== undefined };
    const { centralQueue, order = firstComeFirstServed } = options;
    const waiting = centralQueue?.waiting ?? waitingQueue(order);
    this.#waiting = waiting;
    centralQueue?.join(this.#member);
    this.#dispatchDue = { fire: centralQueue ? () => centralQueue.ready(this.#member) : () => this.#dispatch() };
    this.#circuit = new Circuit(options, (flight) => this.#land(flight));
    const { idle } = this.#circuit;
    const headChanged = () => centralQueue?.headChanged(this.#member);
    this.#batcher = new Batcher({ ...options, order, waiting, microbatches: idle.length, headChanged });
    this.#kv = idle[0]!.microbatch.kv;
  }

  get index(): number {
    return this.#options.index;
  }

  /** What each pipeline stage did so far, trips that have ended. */
  get stageUse(): readonly StageUse[] {
    return this.#circuit.stageUse;
  }

  /** Output tokens that the steps under way have emitted by now and no event has told yet. */
  get untoldTokens(): number {
    const now = this.#time.nowSeconds;
    const { idle, underWay } = this.#circuit;
    return [...idle, ...underWay].reduce((sum, flight) => sum + flight.decodedBy(now), 0);
  }

  /** Why it could not serve a request even alone; undefined where it could. */
  refusal(request: Request): string | undefined {
    const emitsHere = this.#leaving.handsOff ? 1 : request.outputTokens;
    return this.#kv.refusal(request, this.#options.drafting?.draftTokens, emitsHere);
  }

  /** Takes a request in that arrives and can be served. */
  submit(request: Request): void {
    this.#backlog.waiting++;
    const { waiting } = this.#backlog;
    this.#publish({ kind: "arrival", atSeconds: this.#time.nowSeconds, request, waiting });
    this.enqueue(request);
  }

  /** Lets a request wait here that is in the system already. */
  enqueue(request: Request): void {
    const { centralQueue } = this.#options;
    this.#waiting.push(request);
    this.#backlog.joins++;
    const headChanged = this.#waiting.at(0) === request;
    if (centralQueue === undefined) this.#notice(headChanged);
    else centralQueue.grown(headChanged);
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

  /** What waits has changed, and may be taken up at once, or at the next step boundary. */
  #notice(headChanged: boolean): void {
    const flight = this.#circuit.underWay[0];
    const isCut =
      flight?.hold === "until-arrival" ||
      (headChanged && flight?.hold === "until-departure" && flight.limit === "kv-cache");
    if (flight !== undefined && flight.run === flight.leap && isCut) {
      flight.hold = "until-departure";
      this.#circuit.cutLeap(flight);
    }
    this.#wake();
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
    if (this.#circuit.freeSeconds > now && this.#groundMayStart()) this.#wake();
    this.#circuit.bookLanding();
  }

  #startNext(): void {
    const { idle } = this.#circuit;
    for (let place = 0; place < idle.length; place++) {
      if (!this.#start(idle[place]!)) continue;
      this.#circuit.leave(place);
      return;
    }
    this.#checkStranded();
  }

  /** Nothing starts. Throws `PolicyError` where nothing ever would: the policy has to say when to ask again. */
  #checkStranded(): void {
    const { runningSequences } = this.#batcher;
    if (this.#circuit.underWay.length > 0 || this.#againSeconds > this.#time.nowSeconds) return;
    const isLeft = runningSequences > 0 || (this.#waiting.length > 0 && this.#departing === 0);
    if (isLeft) throw new PolicyError("the policy leaves requests waiting for nothing");
  }

  /** Whether a microbatch on the ground has something to run, or might be given something. */
  #groundMayStart(): boolean {
    const { idle } = this.#circuit;
    if (idle.length === 0) return false;
    return this.#waiting.length > 0 || idle.some(({ microbatch }) => microbatch.admitted > 0);
  }

  /** Sends a step or a leap of a microbatch into the pipeline; false where it has nothing to run. */
  #start(flight: Flight): boolean {
    const { microbatch } = flight;
    const now = this.#time.nowSeconds;
    if (flight.stepsLeft > 0 && this.#batcher.planHolds(flight)) {
      this.#circuit.sendOn(flight, now);
      return true;
    }
    this.#tell(flight, flight.trip.exitSeconds);
    microbatch.holdUntil(now);
    const plan = this.#batcher.fill(flight);
    if (!flight.decodes && flight.chunks.length === 0) {
      this.#askAgain(plan);
      return false;
    }
    this.#send(flight);
    return true;
  }

  /** Books what a policy asks for that starts nothing. */
  #askAgain({ againSeconds }: BatchPlan): void {
    const now = this.#time.nowSeconds;
    if (againSeconds === undefined || againSeconds <= now) return;
    const isBooked = this.#againSeconds > now && this.#againSeconds <= againSeconds;
    if (isBooked) return;
    this.#againSeconds = againSeconds;
    this.#time.at(againSeconds, Rank.dispatch, this.#dispatchDue);
  }

  /** One step, or as many as can follow one another where they only decode and the plan holds. */
  #send(flight: Flight): void {
    const { microbatch, chunks, hold } = flight;
    const leaps =
      this.#options.mode === "leap" && hold !== "step" && chunks.length === 0 && this.#circuit.foresees(microbatch);
    if (!leaps) flight.hold = "step";
    this.#circuit.send(flight, leaps ? microbatch.stepsUntilChange : 1);
  }

  #land(flight: Flight): void {
    const circuit = this.#circuit;
    if (circuit.underWay[0] !== flight) throw new InvariantError("microbatches overtook one another");
    if (flight.stepsLeft > 1 && !this.#groundMayStart() && circuit.goRound(this.#goesOn)) {
      circuit.bookLanding();
      return;
    }
    circuit.takeIn();
    if (flight.stepsLeft === 0) this.#tell(flight, flight.trip.exitSeconds);
    if (this.#waiting.length + this.#batcher.runningSequences === 0) circuit.rest();
    const isDone = !this.#groundMayStart();
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
    const { index: replica, finished } = this.#options;
    const { advance, ended, handedOff } = landed(flight, replica, endSeconds, this.#leaving);
    flight.steps = 0;
    flight.stepsLeft = 0;
    this.#publish(advance);
    for (const request of ended) {
      request.finishSeconds = endSeconds;
      request.lastTokenSeconds = endSeconds;
      this.#batcher.left();
      this.#publish({ kind: "finish", atSeconds: endSeconds, replica, request });
      finished(request);
    }
    for (const request of handedOff) this.#handOff(flight.microbatch, request);
  }

  /** A request goes on elsewhere; its blocks are free again, and may be waited for, once its cache is there. */
  #handOff(microbatch: Microbatch, request: Request): void {
    this.#batcher.left();
    this.#departing++;
    this.#options.handOff?.(request, () => {
      this.#departing--;
      microbatch.releaseDeparted(request, request.promptTokens, this.#time.nowSeconds);
      if (this.#waiting.length > 0) this.#wake();
    });
  }
}
