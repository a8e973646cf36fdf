import type { Advance, BatchLimit, Dispatch, ServingEvent } from "../../serving/events.ts";
import { type Fold, probe } from "../probe.ts";
import { groupingsOf, SectionsOf } from "../sections.ts";
import { Lane } from "./lane.ts";
import { type Ledger, type LedgerOptions, ledgerOf } from "./ledger.ts";
import { LedgerTally, type Shortfall } from "./ledger-tally.ts";
import { bookSteps } from "./step-booking.ts";
import { stepsBegunBefore } from "./steps-begun.ts";

/** The ledger of a whole run, and of stretches of it for intervals by batch means. */
export interface GapLedger {
  readonly total: Ledger;
  /** Stretches of equally many finished requests, then half as many and twice as long, and so on. */
  readonly groupings: readonly (readonly Ledger[])[];
}

/** Books every accelerator-second of a run to one cause. */
export const gapLedger = (options: LedgerOptions) => probe(() => new Ledgering(options));

const shortfallOf: Readonly<Record<BatchLimit, Shortfall>> = {
  arrivals: "arrivals",
  policy: "policy",
  "kv-cache": "kvCache",
};

/** The state of the ledger. */
export class Ledgering implements Fold<GapLedger> {
  readonly #options: LedgerOptions;
  readonly #sections: SectionsOf<LedgerTally>;
  /** By replica and microbatch. */
  readonly #lanes: readonly (readonly Lane[])[];
  /** A lack of requests is booked to warm-up at first, and to drain from the last arrival on. */
  #warmSinceSeconds = Number.POSITIVE_INFINITY;
  #drainSinceSeconds = Number.POSITIVE_INFINITY;
  #nowSeconds = 0;
  #waiting = 0;
  /** Since when requests have waited without a break. */
  #queueSinceSeconds = 0;
  /** Time so far in which requests waited. */
  #queuedSeconds = 0;
  #running = 0;
  #offered = 0;
  #finished = 0;
  #preempted = 0;
  /** The lane whose steps ended last: what finishes then leaves it. */
  #landed: Lane | undefined;

  constructor(options: LedgerOptions) {
    const { replicas, layout, expectedRequests } = options;
    const { pipelineStages } = layout;
    this.#options = options;
    this.#sections = new SectionsOf(() => new LedgerTally(pipelineStages), expectedRequests);
    this.#lanes = Array.from({ length: replicas }, () => Array.from({ length: pipelineStages }, () => new Lane()));
  }

  on(event: ServingEvent): void {
    this.#moveTo(event.atSeconds);
    switch (event.kind) {
      case "arrival":
        if (this.#waiting === 0) this.#queueSinceSeconds = event.atSeconds;
        this.#waiting = event.waiting;
        this.#offer();
        break;
      case "rejection":
        this.#offer();
        break;
      case "preemption":
        // The dispatch that follows at the same instant tells in which microbatch.
        this.#preempted++;
        break;
      case "dispatch":
        this.#dispatch(event);
        break;
      case "advance":
        this.#advance(event);
        break;
      case "handoff":
        this.#waiting = event.waiting;
        this.#leave();
        break;
      case "finish":
        this.#finish();
        break;
      case "end":
        for (const lane of this.#lanes.flat()) this.#bookGap(lane, event.atSeconds);
        break;
    }
  }

  result(): GapLedger {
    const { complete } = this.#sections;
    const total = ledgerOf(this.#sections.total(), this.#options);
    const sections = [...complete];
    const fresh = () => new LedgerTally(this.#options.layout.pipelineStages);
    let groupings: GapLedger["groupings"] | undefined;
    const draw = (tallies: readonly LedgerTally[]) => tallies.map((tally) => ledgerOf(tally, this.#options));
    return {
      total,
      get groupings() {
        groupings ??= groupingsOf(sections, fresh).map(draw);
        return groupings;
      },
    };
  }

  /** A section ends between two instants. */
  #moveTo(seconds: number): void {
    const elapsed = seconds - this.#nowSeconds;
    if (elapsed <= 0) return;
    if (this.#sections.isFull) this.#sections.cut();
    if (this.#waiting > 0) this.#queuedSeconds += elapsed;
    this.#nowSeconds = seconds;
  }

  #offer(): void {
    this.#offered++;
    if (this.#offered !== this.#options.expectedRequests) return;
    this.#bookEmptyLanes();
    this.#drainSinceSeconds = this.#nowSeconds;
  }

  #dispatch({ replica, microbatch, admitted, waiting }: Dispatch): void {
    this.#waiting = waiting;
    const lane = this.#lanes[replica]![microbatch]!;
    if (lane.sequences === 0) this.#bookGap(lane, this.#nowSeconds, this.#lanes[replica]!);
    const more = admitted.length - this.#preempted;
    lane.sequences += more;
    this.#running += more;
    this.#preempted = 0;
  }

  #finish(): void {
    this.#sections.current.counts.finished++;
    this.#finished++;
    this.#leave();
    if (this.#warmSinceSeconds <= this.#nowSeconds || this.#finished < this.#running) return;
    this.#bookEmptyLanes();
    this.#warmSinceSeconds = this.#nowSeconds;
  }

  /** A request leaves the lane whose steps ended last. */
  #leave(): void {
    this.#running--;
    if (this.#landed !== undefined) this.#landed.sequences--;
  }

  #advance(event: Advance): void {
    const { replica, microbatch, startSeconds, atSeconds, steps, run } = event;
    const lane = this.#lanes[replica]![microbatch]!;
    const tally = this.#sections.current;
    const stages = this.#options.layout.pipelineStages;
    lane.sequences = Math.max(lane.sequences, event.decoding + event.prefilling);
    this.#bookGap(lane, startSeconds);
    lane.bookedUntil(atSeconds, this.#queuedSeconds);
    this.#landed = lane;
    let seconds = atSeconds - startSeconds;
    if (steps === 0) {
      tally.add("drain", seconds);
      return;
    }
    for (let stage = 0; stage < stages; stage++) {
      const waitSeconds = run.stageWaitSeconds(stage, steps);
      if (waitSeconds > 0) this.#bookBubble(stage, waitSeconds);
      seconds -= waitSeconds;
    }
    bookSteps(tally, event, seconds, this.#options.bound);
    this.#countEmitting(event, lane);
  }

  /** Counts what emits by what keeps its batch from being full. */
  #countEmitting(event: Advance, { sequences }: Lane): void {
    const { decoding, padding, prefilling, prefilled, steps, limit, startSeconds } = event;
    // What leaves out some of what is in its lane does so by its policy, whatever else may come.
    const leavesOut = sequences > decoding + prefilling;
    if (limit === "arrivals" && !leavesOut && steps > 1 && this.#turnsWithin(event)) {
      this.#countTurning(event);
      return;
    }
    const ofLimit = limit === "arrivals" ? this.#lackAt(startSeconds) : shortfallOf[limit];
    const size = decoding + padding + prefilled.length;
    this.#sections.current.addEmitting(leavesOut ? "policy" : ofLimit, size, steps * decoding + prefilled.length);
  }

  /** Whether what keeps a batch small became another before the last of its steps began. */
  #turnsWithin({ run, steps, startSeconds, atSeconds }: Advance): boolean {
    if (this.#lackAt(startSeconds) !== this.#lackAt(atSeconds)) return true;
    const queueSeconds = this.#queueFromSeconds();
    return queueSeconds < atSeconds && startSeconds + run.seconds(steps - 1) >= queueSeconds;
  }

  /** Each step as it began: what comes to wait while a leap goes on waits for the policy. */
  #countTurning({ run, steps, startSeconds, decoding, padding }: Advance): void {
    const tally = this.#sections.current;
    let counted = 0;
    const countUntil = (seconds: number, shortfall: Shortfall) => {
      const begun = Math.max(counted, stepsBegunBefore(run, steps, seconds - startSeconds));
      tally.addEmitting(shortfall, decoding + padding, (begun - counted) * decoding);
      counted = begun;
    };
    const queueSeconds = this.#queueFromSeconds();
    countUntil(Math.min(this.#warmSinceSeconds, this.#drainSinceSeconds, queueSeconds), "warmUp");
    countUntil(Math.min(this.#drainSinceSeconds, queueSeconds), "arrivals");
    countUntil(queueSeconds, "drain");
    countUntil(Number.POSITIVE_INFINITY, "policy");
  }

  /** Since when something has waited without a break; of several replicas nobody knows at which it does. */
  #queueFromSeconds(): number {
    return this.#waiting > 0 && this.#options.replicas === 1 ? this.#queueSinceSeconds : Number.POSITIVE_INFINITY;
  }

  /** What a lack of requests at an instant is booked to. */
  #lackAt(seconds: number): "warmUp" | "arrivals" | "drain" {
    if (seconds >= this.#drainSinceSeconds) return "drain";
    return seconds >= this.#warmSinceSeconds ? "arrivals" : "warmUp";
  }

  /** Before another lack keeps them empty. */
  #bookEmptyLanes(): void {
    for (const lane of this.#lanes.flat()) if (lane.sequences === 0) this.#bookGap(lane, this.#nowSeconds);
  }

  /** Books the time since a lane's last step; of one that was empty, given those beside it where something starts in it now. */
  #bookGap(lane: Lane, untilSeconds: number, beside: readonly Lane[] = []): void {
    const tally = this.#sections.current;
    const seconds = lane.secondsSince(untilSeconds);
    const queuedSeconds = lane.queuedSecondsSince(untilSeconds, this.#queuedSeconds);
    lane.bookedUntil(untilSeconds, this.#queuedSeconds);
    if (seconds === 0) return;
    const isPipeline = this.#options.layout.pipelineStages > 1;
    if (lane.sequences > 0) {
      // With one stage nobody else can be in the way of what is in the lane.
      if (isPipeline) this.#bookBubble(0, seconds);
      else tally.add("heldBack", seconds);
      return;
    }
    const lack = this.#lackAt(this.#nowSeconds);
    tally.add(lack === "arrivals" ? "idle" : lack, seconds - queuedSeconds);
    // Where others run, what comes to an empty lane has waited for the first stage.
    if (beside.some(({ sequences }) => sequences > 0)) this.#bookBubble(0, queuedSeconds);
    else tally.add("heldBack", queuedSeconds);
  }

  /** A pipeline that fills for the first time, or empties, has bubbles for that reason. */
  #bookBubble(stage: number, seconds: number): void {
    const tally = this.#sections.current;
    const lack = this.#lackAt(this.#nowSeconds);
    if (lack === "arrivals") tally.addBubble(stage, seconds);
    else tally.add(lack, seconds);
  }
}
