import { Observable, type OperatorFunction, Subject, takeUntil } from "rxjs";
import type { ServingEvent } from "../serving/events.ts";

/** An observer of a run: an operator over its events that holds no clock and emits its finding when the run is over. */
export type Probe<R> = OperatorFunction<ServingEvent, R>;

/** What a probe keeps while a run goes on. */
export interface Fold<R> {
  on(event: ServingEvent): void;
  result(): R;
}

/**
 * A probe from its state: what it throws fails the run, as it does from any operator. `reduce` would do the same with three more
 * calls for each event.
 */
export function probe<R>(fresh: () => Fold<R>): Probe<R> {
  return (events$) =>
    new Observable<R>((subscriber) => {
      const fold = fresh();
      // Also where nobody listens any longer, in the middle of a run that ends within this call.
      const left$ = new Subject<void>();
      subscriber.add(() => left$.next());
      const fail = (error: unknown) => subscriber.error(error);
      return events$.pipe(takeUntil(left$)).subscribe({
        next(event) {
          try {
            fold.on(event);
          } catch (error) {
            fail(error);
          }
        },
        error: fail,
        complete() {
          if (subscriber.closed) return;
          try {
            subscriber.next(fold.result());
            subscriber.complete();
          } catch (error) {
            fail(error);
          }
        },
      });
    });
}
