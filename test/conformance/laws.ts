import type { Advance, ServingEvent } from "../../src/serving/events.ts";
import type { RequestRecord } from "../../src/serving/request.ts";
import { requestsOf, type Serving, smallStepTime } from "../serving/harness.ts";

/** What a run was given and what it told. */
export interface Told {
  readonly serving: Serving;
  readonly events: readonly ServingEvent[];
}

/** Rounding of sums of step times is allowed for, nothing else. */
const rounding = 1 - 1e-12;

const advancesOf = (events: readonly ServingEvent[]) =>
  events.filter((event): event is Advance => event.kind === "advance");

const isServed = ({ finishSeconds }: RequestRecord) => !Number.isNaN(finishSeconds);

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Laws that hold of every run that served all that came, whatever the policy. Each throws where it is broken. */
export const laws: Readonly<Record<string, (told: Told) => void>> = {
  "every request ends exactly once"({ events, serving }) {
    const ends = new Map<number, number>();
    for (const event of events) {
      if (event.kind !== "finish" && event.kind !== "rejection") continue;
      ends.set(event.request.id, (ends.get(event.request.id) ?? 0) + 1);
    }
    demand(ends.size === serving.jobs!.length, `${ends.size} of ${serving.jobs!.length} requests ended`);
    for (const [id, times] of ends) demand(times === 1, `request ${id} ended ${times} times`);
    demand(events.at(-1)?.kind === "end", "the run has no end");
  },

  "every served request emits its own tokens"({ events }) {
    const served = requestsOf(events).filter(isServed);
    for (const { id, emittedTokens, outputTokens } of served) {
      demand(emittedTokens === outputTokens, `request ${id} emitted ${emittedTokens} of ${outputTokens} tokens`);
    }
    const told = advancesOf(events).reduce(
      (sum, { decodedTokens, prefilled }) => sum + decodedTokens + prefilled.length,
      0,
    );
    const owed = served.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
    demand(told === owed, `${told} tokens were told, ${owed} emitted`);
  },

  "every prompt is read once, and again only after a preemption"({ events }) {
    const read = advancesOf(events).reduce(
      (sum, { prefillTokens, recomputedTokens }) => sum + prefillTokens - recomputedTokens,
      0,
    );
    const served = requestsOf(events).filter(isServed);
    const prompts = served.reduce((sum, { promptTokens }) => sum + promptTokens, 0);
    const preemptions = served.reduce((sum, request) => sum + request.preemptions, 0);
    // A sequence that resumes reads the token, too, that it had emitted last and not yet read.
    demand(read >= prompts && read <= prompts + preemptions, `${read} prompt tokens were read of ${prompts}`);
  },

  "the clock never turns back, and the steps of a microbatch follow one another"({ events }) {
    let now = 0;
    const until = new Map<string, number>();
    for (const [index, event] of events.entries()) {
      // Steps that went round a pipeline are told once something changes, which may be later.
      if (event.kind !== "advance") {
        demand(event.atSeconds >= now, `the clock turns back at event ${index}`);
        now = event.atSeconds;
        continue;
      }
      const place = `${event.replica}/${event.microbatch}`;
      demand(event.startSeconds >= (until.get(place) ?? 0), `steps of ${place} overlap at event ${index}`);
      demand(event.atSeconds >= event.startSeconds, `steps end before they begin at event ${index}`);
      until.set(place, event.atSeconds);
    }
  },

  "no request is faster than alone"({ events, serving }) {
    const { time } = smallStepTime(serving.stages, serving.cut);
    for (const request of requestsOf(events).filter(isServed)) {
      const p = request.promptTokens;
      const prompt = time({ tokens: p, attentionPairs: (p * (p - 1)) / 2, kvTokensRead: 0, sequences: 1, outputs: 1 });
      const token = time({ tokens: 1, attentionPairs: p, kvTokensRead: p, sequences: 1, outputs: 1 });
      const ttft = request.firstTokenSeconds - request.arrivalSeconds;
      demand(ttft >= prompt.tripSeconds * rounding, `request ${request.id} has its first token after ${ttft} s`);
      const decode = request.finishSeconds - request.firstTokenSeconds;
      const least = (request.outputTokens - 1) * token.tripSeconds;
      demand(decode >= least * rounding, `request ${request.id} decodes in ${decode} s, alone it takes ${least} s`);
    }
  },

  "no step is shorter than its bound"({ events, serving }) {
    const { time } = smallStepTime(serving.stages, serving.cut);
    for (const event of advancesOf(events)) {
      const { decoding, padding, steps, prefilling, prefillTokens } = event;
      if (steps === 0) continue;
      const pairs = (event.decodePairs + event.paddingPairs) / steps;
      const bound = time({
        tokens: decoding + padding + prefillTokens,
        attentionPairs: pairs + event.prefillPairs,
        kvTokensRead: pairs,
        sequences: decoding + padding + prefilling,
        outputs: decoding + padding + prefilling,
      });
      const seconds = event.atSeconds - event.startSeconds;
      demand(seconds >= steps * bound.tripSeconds * rounding - 1e-12, `${steps} steps take ${seconds} s`);
    }
  },

  "the KV cache is empty at the end"({ events }) {
    const held = new Map<string, number>();
    for (const { replica, microbatch, kvTokens, releasedTokens } of advancesOf(events)) {
      held.set(`${replica}/${microbatch}`, kvTokens - releasedTokens);
    }
    const preempted = events.some(({ kind }) => kind === "preemption");
    for (const [place, tokens] of held) demand(preempted || tokens === 0, `${tokens} tokens are left in ${place}`);
  },

  "every step makes progress, and what is preempted is never the first of those that run"({ events }) {
    /** Of each microbatch those that run, in order of admission. */
    const running = new Map<string, Set<number>>();
    for (const event of events) {
      if (event.kind === "dispatch") {
        const place = `${event.replica}/${event.microbatch}`;
        const there = running.get(place) ?? new Set<number>();
        for (const { id } of event.admitted) there.add(id);
        running.set(place, there);
      }
      if (event.kind === "finish") for (const there of running.values()) there.delete(event.request.id);
      if (event.kind === "advance") {
        const isDone = event.steps === 0 || event.decodedTokens + event.prefillTokens > 0;
        demand(isDone, `nothing is done until ${event.atSeconds} s`);
      }
      if (event.kind !== "preemption") continue;
      const { id } = event.request;
      const there = [...running.values()].find((one) => one.has(id))!;
      const [first] = there;
      demand(id !== first, `request ${id} is preempted, the first of those that run beside it`);
      there.delete(id);
    }
  },
};

/** Holds with one pipeline stage where a policy starts whatever it can. */
export function workIsConserved({ events }: Told): void {
  let inSystem = 0;
  let idleFrom = 0;
  for (const event of events) {
    if (event.kind === "arrival" && inSystem++ === 0) idleFrom = event.atSeconds;
    if (event.kind === "finish") inSystem--;
    if (event.kind !== "advance") continue;
    demand(
      event.startSeconds - idleFrom < 1e-9,
      `idle from ${idleFrom} to ${event.startSeconds} s with requests present`,
    );
    idleFrom = event.atSeconds;
  }
}

/** Checks all laws but some; throws with the name of the first that is broken. */
export function obey(told: Told, except: readonly string[] = []): void {
  for (const [law, check] of Object.entries(laws)) {
    if (except.includes(law)) continue;
    try {
      check(told);
    } catch (error) {
      throw new Error(`broken: ${law}: ${(error as Error).message}`, { cause: error });
    }
  }
}
