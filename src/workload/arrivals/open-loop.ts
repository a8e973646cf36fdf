import { Observable, type Subscriber } from "rxjs";
import type { Random } from "../../core/random.ts";
import { Rank } from "../../kernel/calendar.ts";
import type { RequestSpec } from "../../serving/request.ts";
import type { ArrivalContext, ArrivalProcess } from "./arrival-process.ts";

/** When something comes, whatever became of what came before. */
export interface Instants {
  /** Mean over a long time of what comes each second; undefined where there is none. */
  readonly meanRate: number | undefined;
  /** Draws each instant from the one before it, in seconds; the first from 0. */
  sampler(random: Random): (afterSeconds: number) => number;
}

/** Requests that come by themselves: usable as arrivals, and wherever another process needs instants. */
export interface OpenLoop extends Instants, ArrivalProcess {}

/** One request at each instant. */
export function openLoop(instants: Instants): OpenLoop {
  return {
    ...instants,
    offered: ({ lengths }) => ({ requestsPerSecond: instants.meanRate, lengths }),
    arrivals: (context) => atInstants(instants, context, (subscriber) => subscriber.next(context.draw())),
  };
}

/** Requests whose gaps are independent draws, in seconds; the first comes after a gap. */
export function renewal(meanRate: number, gaps: (random: Random) => () => number): OpenLoop {
  return openLoop({
    meanRate,
    sampler(random) {
      const gapSeconds = gaps(random);
      return (afterSeconds) => afterSeconds + gapSeconds();
    },
  });
}

/** Whatever requests `happen` emits at each instant. */
export function atInstants(
  instants: Instants,
  { time, random }: ArrivalContext,
  happen: (subscriber: Subscriber<RequestSpec>) => void,
): Observable<RequestSpec> {
  return new Observable((subscriber) => {
    const following = instants.sampler(random);
    const next = {
      fire() {
        happen(subscriber);
        if (!subscriber.closed) time.at(following(time.nowSeconds), Rank.arrival, next);
      },
    };
    time.at(following(0), Rank.arrival, next);
    subscriber.add(() => time.withdraw((due) => due === next));
  });
}
