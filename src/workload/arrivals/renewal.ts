import { Observable } from "rxjs";
import { Rank } from "../../kernel/calendar.ts";
import type { RequestSpec } from "../../serving/request.ts";
import type { ArrivalContext } from "./arrival-process.ts";

/** Requests whose gaps are independent draws, in seconds; the first comes after a gap. */
export function renewal({ time, draw }: ArrivalContext, gapSeconds: () => number): Observable<RequestSpec> {
  return new Observable((subscriber) => {
    const next = {
      fire() {
        subscriber.next(draw());
        if (!subscriber.closed) time.after(gapSeconds(), Rank.arrival, next);
      },
    };
    time.after(gapSeconds(), Rank.arrival, next);
  });
}
