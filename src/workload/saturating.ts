import { Observable } from "rxjs";
import { Rank } from "../kernel/calendar.ts";
import type { RequestSpec } from "../serving/request.ts";
import type { RequestSource } from "../serving/serving-model.ts";

/** Given requests in their order: so many at once at time 0, and the next one as soon as one has ended. */
export function saturating(specs: readonly RequestSpec[], atOnce: number): RequestSource {
  return (time, ended$) =>
    new Observable((subscriber) => {
      let next = 0;
      const ask = {
        fire() {
          if (subscriber.closed) return;
          subscriber.next(specs[next++]!);
          if (next === specs.length) subscriber.complete();
        },
      };
      const first = Math.min(atOnce, specs.length);
      if (first === 0) subscriber.complete();
      for (let place = 0; place < first; place++) time.after(0, Rank.arrival, ask);
      subscriber.add(ended$.subscribe(() => time.after(0, Rank.arrival, ask)));
    });
}
