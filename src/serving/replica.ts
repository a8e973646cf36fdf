import { SingleStep } from "../bounds/step-run.ts";
import type { StepTimeModel } from "../bounds/step-time.ts";
import { InvariantError, PolicyError } from "../core/errors.ts";
import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import { Backlog } from "./backlog.ts";
import type { CentralQueue, QueueMember } from "./central-queue.ts";
import type { Drafting } from "./drafting.ts";
import type { BatchLimit, ServingEvent } from "./events.ts";
import { Flight } from "./flight.ts";
import { KvCache, type KvCacheOptions } from "./kv-cache.ts";
import { cutOff, type Leaving, landed } from "./landing.ts";
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
  /** With a draft model; only with one pipeline stage. */
  readonly drafting?: Drafting | undefined;
  /** The KV cache of the whole replica; each microbatch owns an even share of its capacity. */
  readonly kvCache: KvCacheOptions;
  readonly mode: AdvanceMode;
  readonly publish: (event: ServingEvent) => void;
  /** Shared by the replicas of a system. */
  readonly backlog?: Backlog;
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
  readonly #policy: BatchingPolicy;
  readonly #view: PolicyView;
  readonly #pipeline: Pipeline;
  /** Whether steps follow one another without a gap and lie on straight lines. */
  readonly #knowsSteps: boolean;
  /** The KV cache of one microbatch: all are alike. */
  readonly #kv: KvCache;
  /** One for each microbatch: those on the ground, longest idle first, and those under way, in order of entry. */
  readonly #idle: Flight[];
  readonly #underWay: Flight[] = [];
  readonly #leaving: Leaving;
  #runningSequences = 0;
  /** Requests that were handed off and whose caches are still here. */
  #departing = 0;
  #dispatchSeconds = Number.NaN;
  /** When a policy that starts nothing asked to be asked again. */
  #againSeconds = Number.NaN;
  readonly #dispatchDue: Due;
  readonly #member: QueueMember = {
    notice: (headTaken) => this.#notice(headTaken),
    dispatch: () => this.#dispatch(),
  };

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.#time = options.time;
    this.#publish = options.publish;
    this.#policy = options.policy;
    this.#leaving = { together: options.policy.release === "together", handsOff: options.handOff !== undefined };
    this.#backlog = options.backlog ?? new Backlog();
    const { centralQueue } = options;
    this.#waiting = centralQueue?.waiting ?? new WaitingQueue();
    centralQueue?.join(this.#member);
    this.#dispatchDue = { fire: centralQueue ? () => centralQueue.ready(this.#member) : () => this.#dispatch() };
    const stages = options.stepTime.layout.pipelineStages;
    const capacityTokens = Math.floor(options.kvCache.capacityTokens / stages);
    this.#view = new PolicyView(this.#waiting, stages);
    this.#pipeline = new Pipeline(stages);
    this.#knowsSteps = stages === 1 && options.stepTime.isSteady && options.drafting === undefined;
    const land = (flight: Flight) => this.#land(flight);
    this.#idle = Array.from({ length: stages }, (_, index) => {
      const microbatch = new Microbatch(index, new KvCache({ ...options.kvCache, capacityTokens }), options.drafting);
      return new Flight(microbatch, stages, options.time, land);
    });
    this.#kv = this.#idle[0]!.microbatch.kv;
  }

  get index(): number {
    return this.#options.index;
  }

  /** What each pipeline stage did so far, trips that have ended. */
  get stageUse(): readonly StageUse[] {
    return this.#pipeline.use;
  }

  /** Output tokens that the steps under way have emitted by now and no event has told yet. */
  get untoldTokens(): number {
    const now = this.#time.nowSeconds;
    return this.#underWay.reduce((sum, flight) => sum + flight.decodedBy(now), 0);
  }

  /** Why it could not serve a request even alone; undefined where it could. */
  refusal(request: Request): string | undefined {
    const emitsHere = this.#leaving.handsOff ? 1 : request.outputTokens;
    return this.#kv.refusal(request, this.#options.drafting?.draftTokens, emitsHere);
  }

  /** Takes a request in that arrives, or turns it away where even alone it could not be served. */
  submit(request: Request): void {
    const atSeconds = this.#time.nowSeconds;
    const reason = this.refusal(request);
    if (reason !== undefined) {
      this.#publish({ kind: "rejection", atSeconds, request, reason });
      return;
    }
    this.#backlog.waiting++;
    this.#publish({ kind: "arrival", atSeconds, request, waiting: this.#backlog.waiting });
    this.enqueue(request);
  }

  /** Lets a request wait here that is in the system already. */
  enqueue(request: Request): void {
    const { centralQueue } = this.#options;
    this.#waiting.push(request);
    if (centralQueue === undefined) this.#notice(false);
    else centralQueue.grown();
  }

  /** Ends the run at the present instant: what is under way is cut off. */
  settle(): void {
    const now = this.#time.nowSeconds;
    for (const flight of this.#underWay) {
      this.#pipeline.book(flight.trip, now);
      const steps = flight.stepsEndedBy(now);
      const cutSeconds = flight.startSeconds + (steps > 0 ? flight.run.seconds(steps) : 0);
      if (steps > 0) {
        flight.steps = steps;
        this.#commit(flight, cutSeconds);
      }
      this.#publish(cutOff(flight, this.#options.index, cutSeconds, now));
    }
    this.#underWay.length = 0;
  }

  /** What waits has changed, and may be taken up at once, or at the next step boundary. */
  #notice(headTaken: boolean): void {
    const flight = this.#underWay[0];
    if (flight?.hold === "until-arrival") this.#cutLeap(flight);
    else if (headTaken && flight?.hold === "until-departure" && flight.limit === "kv-cache") this.#cutLeap(flight);
    this.#wake();
  }

  /** A leap under way ends at the next step boundary. */
  #cutLeap(flight: Flight): void {
    const steps = flight.steadyRun.stepsToLast(this.#time.nowSeconds - flight.startSeconds, flight.steps);
    flight.hold = "until-departure";
    if (steps === flight.steps) return;
    flight.steps = steps;
    this.#pipeline.shorten(flight.trip, flight.steadyRun.seconds(steps));
    this.#bookLanding(flight);
  }

  /** Dispatches at this instant, once all of its completions and arrivals are in, if the first stage is free. */
  #wake(): void {
    const now = this.#time.nowSeconds;
    if (this.#pipeline.firstStageFreeSeconds > now || this.#dispatchSeconds === now) return;
    this.#dispatchSeconds = now;
    this.#time.at(now, Rank.dispatch, this.#dispatchDue);
  }

  /** Starts the longest idle microbatch that has something to run. */
  #dispatch(): void {
    // Where replicas share a queue, the same instant may call for another.
    this.#dispatchSeconds = Number.NaN;
    if (this.#pipeline.firstStageFreeSeconds > this.#time.nowSeconds) return;
    for (let place = 0; place < this.#idle.length; place++) {
      const flight = this.#idle[place]!;
      if (!this.#start(flight)) continue;
      if (place === 0) this.#idle.shift();
      else this.#idle.splice(place, 1);
      this.#underWay.push(flight);
      this.#bookLanding(flight);
      // With one stage its landing frees the stage.
      if (this.#pipeline.stages > 1) {
        this.#time.at(this.#pipeline.firstStageFreeSeconds, Rank.dispatch, this.#dispatchDue);
      }
      return;
    }
  }

  /** Sends a step or a leap of a microbatch into the pipeline; false where it has nothing to run. */
  #start(flight: Flight): boolean {
    const { microbatch } = flight;
    microbatch.holdUntil(this.#time.nowSeconds);
    const preempted = this.#makeRoom(microbatch);
    const plan = this.#policy.plan(this.#view.tell(this.#time.nowSeconds, this.#runningSequences, microbatch));
    const admitted = plan.admit === 0 ? none : this.#admit(microbatch, plan.admit);
    if (preempted || admitted.length > 0) {
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
    flight.limit = this.#limitOf(microbatch);
    flight.steps = 1;
    flight.hold = "step";
    if (this.#knowsSteps) this.#enterSteadySteps(flight, plan.hold ?? "step");
    else this.#enterOneStep(flight);
    return true;
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

  /** Steps whose times are known in advance, on the only stage: many at once where they only decode and the plan holds. */
  #enterSteadySteps(flight: Flight, hold: Hold): void {
    const { microbatch, decodes, load, trip } = flight;
    if (flight.chunks.length === 0 && this.#options.mode === "leap" && hold !== "step") {
      flight.steps = microbatch.stepsUntilChange;
      flight.hold = hold;
    }
    const size = decodes ? microbatch.running.size : 0;
    const contextTokens = decodes ? microbatch.running.contextTokens : 0;
    const run = flight.nextSteadyRun();
    run.begin(
      this.#options.stepTime,
      size + load.tokens,
      contextTokens + load.pairs,
      contextTokens + load.kvTokensRead,
      size,
    );
    this.#pipeline.enter(trip, this.#time.nowSeconds, run.seconds(flight.steps), 0);
  }

  /** A step whose time is only known when it is asked for, or which shares the stages with others. */
  #enterOneStep(flight: Flight): void {
    const { microbatch, decodes, chunks, load, trip } = flight;
    const now = this.#time.nowSeconds;
    const time = this.#options.stepTime.time(microbatch.shape(decodes, chunks, load));
    flight.draftSeconds = microbatch.draftSeconds(decodes);
    this.#pipeline.enter(trip, now, flight.draftSeconds + time.stageSeconds, time.hopSeconds);
    flight.run = new SingleStep(time, trip.exitSeconds - now);
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
      this.#backlog.waiting++;
      this.#runningSequences--;
      preempted = true;
      const { index: replica } = this.#options;
      this.#publish({ kind: "preemption", atSeconds: this.#time.nowSeconds, replica, request, droppedTokens });
    }
    return preempted;
  }

  /** Takes requests from the head of the queue. Throws `PolicyError` for a plan that cannot be carried out. */
  #admit(microbatch: Microbatch, count: number): readonly Request[] {
    const admitted: Request[] = [];
    while (admitted.length < count) {
      const request = this.#waiting.shift();
      if (request === undefined) throw new PolicyError("the policy admitted more requests than wait");
      if (this.#view.kvBlocksFor(request) > microbatch.kv.ledger.freeBlocks) throw overfilled();
      microbatch.admit(request);
      if (Number.isNaN(request.admittedSeconds)) request.admittedSeconds = this.#time.nowSeconds;
      admitted.push(request);
    }
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

  #bookLanding(flight: Flight): void {
    // A boundary found by solving for it may come out a rounding error before the arrival that it serves.
    flight.landSeconds = Math.max(flight.trip.exitSeconds, this.#time.nowSeconds);
    this.#time.at(flight.landSeconds, Rank.completion, flight);
  }

  #land(flight: Flight): void {
    if (this.#underWay.shift() !== flight) throw new InvariantError("microbatches overtook one another");
    const { microbatch, trip } = flight;
    this.#pipeline.book(trip, trip.exitSeconds);
    this.#commit(flight, trip.exitSeconds);
    this.#idle.push(flight);
    if (this.#waiting.length + microbatch.admitted === 0) return;
    // Where nothing else is due at this instant, a dispatch would come next anyway.
    if (this.#time.nextSeconds > this.#time.nowSeconds) this.#dispatch();
    else this.#wake();
  }

  /** Applies and publishes what the steps of a flight did, by the instant at which they ended. */
  #commit(flight: Flight, endSeconds: number): void {
    const { index: replica } = this.#options;
    const { advance, ended, handedOff } = landed(flight, replica, endSeconds, this.#leaving);
    this.#publish(advance);
    for (const request of ended) {
      request.finishSeconds = endSeconds;
      request.lastTokenSeconds = endSeconds;
      this.#runningSequences--;
      this.#publish({ kind: "finish", atSeconds: endSeconds, replica, request });
    }
    for (const request of handedOff) this.#handOff(flight.microbatch, request);
  }

  /** A request goes on elsewhere; its blocks are free again, and may be waited for, once its cache is there. */
  #handOff(microbatch: Microbatch, request: Request): void {
    this.#runningSequences--;
    this.#departing++;
    this.#options.handOff?.(request, () => {
      this.#departing--;
      microbatch.releaseDeparted(request.promptTokens, this.#time.nowSeconds);
      if (this.#waiting.length > 0) this.#wake();
    });
  }

  #publishDispatch({ index: microbatch }: Microbatch, admitted: readonly Request[]): void {
    const { index: replica } = this.#options;
    const { waiting } = this.#backlog;
    this.#publish({ kind: "dispatch", atSeconds: this.#time.nowSeconds, replica, microbatch, admitted, waiting });
  }
}

const none: readonly never[] = [];
const overfilled = () => new PolicyError("the policy overfilled the KV cache");
