import { InvariantError, PolicyError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { Backlog } from "./backlog.ts";
import type { CentralQueue, QueueMember } from "./central-queue.ts";
import { Circuit, type CircuitOptions } from "./circuit.ts";
import type { BatchLimit, ServingEvent } from "./events.ts";
import type { Flight } from "./flight.ts";
import type { KvCache } from "./kv-cache.ts";
import { cutOff, type Leaving, landed } from "./landing.ts";
import type { Microbatch } from "./microbatch.ts";
import type { QueueOrder } from "./order.ts";
import { firstComeFirstServed } from "./orders/fcfs.ts";
import type { BatchingPolicy, BatchPlan, Hold } from "./policy.ts";
import { PolicyView } from "./policy-view.ts";
import { Preempter } from "./preempter.ts";
import { chunksOf, loadOf, noChunks, noLoad } from "./prefill.ts";
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
  readonly #order: QueueOrder;
  readonly #waiting: WaitingQueue;
  readonly #preempter: Preempter;
  readonly #policy: BatchingPolicy;
  readonly #view: PolicyView;
  readonly #circuit: Circuit;
  /** The KV cache of one microbatch: all are alike. */
  readonly #kv: KvCache;
  readonly #leaving: Leaving;
  #runningSequences = 0;
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
  readonly #goesOn = (flight: Flight) => flight.stepsLeft > 1 && this.#planHolds(flight);

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#time = options.time;
    this.#publish = options.publish;
    this.#policy = options.policy;
    this.#leaving = { together: options.policy.release === "together", handsOff: options.handOff !== undefined };
    this.#backlog = options.backlog;
    this.#order = options.order ?? firstComeFirstServed;
    const { centralQueue } = options;
    this.#waiting = centralQueue?.waiting ?? waitingQueue(this.#order);
    centralQueue?.join(this.#member);
    const { index: replica, time, backlog, swap, publish } = options;
    const order = this.#order;
    this.#preempter = new Preempter({ replica, time, order, waiting: this.#waiting, backlog, swap, publish });
    this.#dispatchDue = { fire: centralQueue ? () => centralQueue.ready(this.#member) : () => this.#dispatch() };
    this.#circuit = new Circuit(options, (flight) => this.#land(flight));
    const { idle } = this.#circuit;
    this.#view = new PolicyView(this.#waiting, idle.length);
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
    if (flight.stepsLeft > 0 && this.#planHolds(flight)) {
      this.#circuit.sendOn(flight, now);
      return true;
    }
    this.#tell(flight, flight.trip.exitSeconds);
    microbatch.holdUntil(now);
    let preempted = this.#preempter.makeRoom(microbatch);
    this.#runningSequences -= preempted;
    let plan = this.#planFor(microbatch);
    for (; this.#displaces(microbatch, plan); preempted++) {
      this.#runningSequences--;
      plan = this.#planFor(microbatch);
    }
    const admitted = plan.admit === 0 ? none : this.#admit(microbatch, plan.admit);
    if (preempted > 0 || admitted.length > 0) {
      this.#publishDispatch(microbatch, admitted);
      this.#options.centralQueue?.headChanged(this.#member);
    }
    const reads = microbatch.prefills.length > 0;
    flight.chunks = reads ? chunksOf(microbatch.prefills, plan.promptTokens ?? Number.POSITIVE_INFINITY) : noChunks;
    flight.load = reads ? loadOf(flight.chunks) : noLoad;
    flight.decodes = (plan.decode ?? true) && microbatch.running.size > 0;
    if (!flight.decodes && flight.chunks.length === 0) {
      this.#stall(microbatch, plan);
      return false;
    }
    // What joins with its cache may leave less to bring for what is next.
    this.#send(flight, admitted.length > 0 ? "step" : this.#holdOf(plan));
    return true;
  }

  #planFor(microbatch: Microbatch): BatchPlan {
    return this.#policy.plan(this.#view.tell(this.#time.nowSeconds, this.#runningSequences, microbatch));
  }

  /** Where a newcomer may displace a running sequence, no plan holds longer than until one comes. */
  #holdOf({ hold = "step" }: BatchPlan): Hold {
    return this.#order.preemptive && hold === "until-departure" ? "until-arrival" : hold;
  }

  /** Preempts the running sequence that goes last, where only a departure makes room for a request that goes before it; whether it did. */
  #displaces(microbatch: Microbatch, { admit, hold }: BatchPlan): boolean {
    if (!this.#order.preemptive || this.#leaving.together || admit > 0 || hold !== "until-departure") return false;
    return this.#preempter.displace(microbatch);
  }

  /** Nothing starts. Throws `PolicyError` where that would strand a request: the policy has to say when to ask again. */
  #stall(microbatch: Microbatch, { againSeconds }: BatchPlan): void {
    const now = this.#time.nowSeconds;
    if (againSeconds !== undefined && againSeconds > now) {
      const isBooked = this.#againSeconds > now && this.#againSeconds <= againSeconds;
      if (isBooked) return;
      this.#againSeconds = againSeconds;
      this.#time.at(againSeconds, Rank.dispatch, this.#dispatchDue);
      return;
    }
    const isStranded = this.#waiting.length > 0 && this.#runningSequences === 0 && this.#departing === 0;
    if (microbatch.admitted > 0 || isStranded) throw new PolicyError("the policy leaves requests waiting for nothing");
  }

  /** One step, or as many as can follow one another where they only decode and the plan holds. */
  #send(flight: Flight, hold: Hold): void {
    const { microbatch, chunks } = flight;
    const leaps =
      this.#options.mode === "leap" && hold !== "step" && chunks.length === 0 && this.#circuit.foresees(microbatch);
    flight.hold = leaps ? hold : "step";
    flight.limit = this.#limitOf(microbatch);
    flight.queueHead = this.#waiting.at(0);
    flight.queueJoins = this.#backlog.joins;
    this.#circuit.send(flight, leaps ? microbatch.stepsUntilChange : 1);
  }

  /** Whether a microbatch that goes round would be given the same plan again, though other microbatches may have changed. */
  #planHolds({ hold, limit, queueHead, queueJoins }: Flight): boolean {
    if (hold === "until-arrival" && queueJoins !== this.#backlog.joins) return this.#waiting.length === 0;
    // What waits for room in the KV cache may have gone elsewhere, and what is next may be smaller.
    return limit !== "kv-cache" || queueHead === this.#waiting.at(0);
  }

  /** Takes requests from the head of the queue. Throws `PolicyError` for a plan that cannot be carried out. */
  #admit(microbatch: Microbatch, count: number): readonly Request[] {
    const admitted = [this.#admitNext(microbatch)];
    while (admitted.length < count) admitted.push(this.#admitNext(microbatch));
    if (microbatch.freeBlocksAfterStep < 0) throw overfilled();
    this.#runningSequences += admitted.length;
    this.#backlog.waiting -= admitted.length;
    return admitted;
  }

  #limitOf(microbatch: Microbatch): BatchLimit {
    const next = this.#waiting.at(0);
    if (next === undefined) return "arrivals";
    return this.#view.kvBlocksFor(next) > microbatch.freeBlocksForAdmission ? "kv-cache" : "policy";
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
    const { index: replica, finished } = this.#options;
    const { advance, ended, handedOff } = landed(flight, replica, endSeconds, this.#leaving);
    flight.steps = 0;
    flight.stepsLeft = 0;
    this.#publish(advance);
    for (const request of ended) {
      request.finishSeconds = endSeconds;
      request.lastTokenSeconds = endSeconds;
      this.#runningSequences--;
      this.#publish({ kind: "finish", atSeconds: endSeconds, replica, request });
      finished(request);
    }
    for (const request of handedOff) this.#handOff(flight.microbatch, request);
  }

  /** A request goes on elsewhere; its blocks are free again, and may be waited for, once its cache is there. */
  #handOff(microbatch: Microbatch, request: Request): void {
    this.#runningSequences--;
    this.#departing++;
    this.#options.handOff?.(request, () => {
      this.#departing--;
      microbatch.releaseDeparted(request, request.promptTokens, this.#time.nowSeconds);
      if (this.#waiting.length > 0) this.#wake();
    });
  }

  #admitNext(microbatch: Microbatch): Request {
    const request = this.#waiting.shift();
    if (request === undefined) throw new PolicyError("the policy admitted more requests than wait");
    if (this.#view.kvBlocksFor(request) > microbatch.kv.ledger.freeBlocks) throw overfilled();
    this.#preempter.bringBack(request, microbatch);
    microbatch.admit(request);
    if (Number.isNaN(request.admittedSeconds)) request.admittedSeconds = this.#time.nowSeconds;
    return request;
  }

  #publishDispatch({ index: microbatch }: Microbatch, admitted: readonly Request[]): void {
    const { index: replica } = this.#options;
    const { waiting } = this.#backlog;
    this.#publish({ kind: "dispatch", atSeconds: this.#time.nowSeconds, replica, microbatch, admitted, waiting });
  }
}

const none: readonly never[] = [];
const overfilled = () => new PolicyError("the policy overfilled the KV cache");
