import { defer, map, type OperatorFunction, reduce } from "rxjs";
import type { ServingEvent } from "../serving/events.ts";

/** An observer of a run: an operator over its events that holds no clock and emits its finding when the run is over. */
export type Probe<R> = OperatorFunction<ServingEvent, R>;

/** What a probe keeps while a run goes on. */
export interface Fold<R> {
  on(event: ServingEvent): void;
  result(): R;
}

/** A probe from its state: what it throws fails the run, as it does from any operator. */
export function probe<R>(fresh: () => Fold<R>): Probe<R> {
  return (events$) =>
    defer(() =>
      events$.pipe(
        reduce((fold, event) => {
          fold.on(event);
          return fold;
        }, fresh()),
        map((fold) => fold.result()),
      ),
    );
}
