import type { Advance, BatchLimit, Dispatch, ServingEvent } from "../../serving/events.ts";
import { type Fold, probe } from "../probe.ts";
import { groupingsOf, SectionsOf } from "../sections.ts";
import { Lane } from "./lane.ts";
import { type Ledger, type LedgerOptions, ledgerOf } from "./ledger.ts";
import { LedgerTally, type Shortfall } from "./ledger-tally.ts";
import { StageWaits } from "./stage-waits.ts";
import { bookSteps } from "./step-booking.ts";

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
  /** By replica. */
  readonly #stageWaits: readonly StageWaits[];
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
    const eachReplica = <T>(of: () => T) => Array.from({ length: replicas }, of);
    this.#lanes = eachReplica(() => Array.from({ length: pipelineStages }, () => new Lane()));
    this.#stageWaits = eachReplica(() => new StageWaits(pipelineStages));
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
    if (lane.sequences === 0) lane.heldBackSeconds = this.#bookIdle(lane, this.#nowSeconds);
    const more = admitted.length - this.#preempted;
    lane.sequences += more;
    this.#running += more;
    this.#preempted = 0;
  }

  #finish(): void {
    this.#sections.current.counts.finished++;
    this.#finished++;
    this.#running--;
    if (this.#landed !== undefined) this.#landed.sequences--;
    if (this.#warmSinceSeconds <= this.#nowSeconds || this.#finished < this.#running) return;
    this.#bookEmptyLanes();
    this.#warmSinceSeconds = this.#nowSeconds;
  }

  #advance(event: Advance): void {
    const { replica, microbatch, startSeconds, atSeconds, steps } = event;
    const lane = this.#lanes[replica]![microbatch]!;
    const stageWaits = this.#stageWaits[replica]!;
    const tally = this.#sections.current;
    lane.sequences = Math.max(lane.sequences, event.decoding + event.prefilling);
    this.#bookGap(lane, startSeconds);
    if (lane.heldBackSeconds > 0) this.#bookHeldBack(lane, stageWaits.busySecondsBefore(startSeconds));
    lane.bookedUntil(atSeconds, this.#queuedSeconds);
    this.#landed = lane;
    const seconds = atSeconds - startSeconds;
    if (steps === 0) {
      tally.add("drain", seconds);
      return;
    }
    const waitedSeconds = stageWaits.enter(event, this.#bookBubble);
    bookSteps(tally, event, seconds - waitedSeconds, this.#options.bound);
    this.#countEmitting(event, lane);
  }

  /** Counts what emits by what keeps its batch from being full. */
  #countEmitting(event: Advance, { sequences }: Lane): void {
    const tally = this.#sections.current;
    const { decoding, padding, prefilling, prefilled, steps, limit, startSeconds } = event;
    const size = decoding + padding + prefilled.length;
    const emitting = steps * decoding + prefilled.length;
    // What leaves out some of what is in its lane does so by its policy, whatever else may come.
    const leavesOut = sequences > decoding + prefilling;
    const unqueued = limit === "arrivals" && !leavesOut ? this.#stepsBeforeQueue(event) : steps;
    const shortfall = limit === "arrivals" ? this.#lackAt(startSeconds) : shortfallOf[limit];
    tally.addEmitting(leavesOut ? "policy" : shortfall, size, emitting - (steps - unqueued) * decoding);
    if (unqueued < steps) tally.addEmitting("policy", size, (steps - unqueued) * decoding);
  }

  /**
   * Of steps that began when nothing waited, how many began before something did: where that does not end a leap, the
   * policy keeps it waiting. Of several replicas nobody knows at which it waits.
   */
  #stepsBeforeQueue({ run, steps, startSeconds }: Advance): number {
    const queueSeconds = this.#queueSinceSeconds - startSeconds;
    if (steps === 1 || this.#waiting === 0 || queueSeconds <= 0 || this.#options.replicas > 1) return steps;
    let before = 0;
    let after = steps;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (run.seconds(middle) < queueSeconds) before = middle;
      else after = middle;
    }
    return after;
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

  /** Books the time since a lane's last step. */
  #bookGap(lane: Lane, untilSeconds: number): void {
    if (lane.sequences === 0) {
      this.#sections.current.add("heldBack", this.#bookIdle(lane, untilSeconds));
      return;
    }
    const seconds = lane.secondsSince(untilSeconds);
    if (seconds === 0) return;
    // With one stage nobody else can be in the way of what is in the lane.
    if (this.#options.layout.pipelineStages > 1) this.#bookBubble(0, seconds);
    else this.#sections.current.add("heldBack", seconds);
    lane.bookedUntil(untilSeconds, this.#queuedSeconds);
  }

  /** Books the time in which a lane was empty and nothing waited; returns that in which something did. */
  #bookIdle(lane: Lane, untilSeconds: number): number {
    const queuedSeconds = lane.queuedSecondsSince(untilSeconds, this.#queuedSeconds);
    const idleSeconds = lane.secondsSince(untilSeconds) - queuedSeconds;
    const lack = this.#lackAt(this.#nowSeconds);
    this.#sections.current.add(lack === "arrivals" ? "idle" : lack, idleSeconds);
    lane.bookedUntil(untilSeconds, this.#queuedSeconds);
    return queuedSeconds;
  }

  /** What waited while a lane was empty waited for the first stage as long as that was busy, and else for the policy. */
  #bookHeldBack(lane: Lane, busySeconds: number): void {
    const behindSeconds = Math.min(lane.heldBackSeconds, busySeconds);
    this.#bookBubble(0, behindSeconds);
    this.#sections.current.add("heldBack", lane.heldBackSeconds - behindSeconds);
    lane.heldBackSeconds = 0;
  }

  /** A pipeline that fills for the first time, or empties, has bubbles for that reason. */
  readonly #bookBubble = (stage: number, seconds: number): void => {
    const tally = this.#sections.current;
    const lack = this.#lackAt(this.#nowSeconds);
    if (lack === "arrivals") tally.addBubble(stage, seconds);
    else tally.add(lack, seconds);
  };
}
