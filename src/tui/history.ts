import type { Frame } from "../observe/frames.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Role } from "./palette.ts";
import { count, figure, percent } from "./text.ts";

/** A level over the run so far. */
export interface History {
  readonly label: string;
  readonly now: string;
  /** The value at the top of the picture, above 0, and how it reads. */
  readonly top: number;
  readonly topText: string;
  /** Means of equal windows, oldest first. */
  readonly values: readonly number[];
  readonly role: Role;
}

/** Queue, batch and KV use over time. */
export function histories(frame: Frame, { kvCapacityTokens }: Deployment): History[] {
  const { timeline } = frame;
  const kvUse = timeline.kvTokens.map((tokens) => tokens / kvCapacityTokens);
  return [
    {
      label: "Queue",
      now: count(frame.waiting, frame.waiting === 1 ? "request" : "requests"),
      ...range(timeline.queue, 1, (top) => figure(top)),
      role: "queue",
    },
    {
      label: "Batch",
      now: count(frame.running, frame.running === 1 ? "sequence" : "sequences"),
      ...range(timeline.batch, 1, (top) => figure(top)),
      role: "batch",
    },
    {
      label: "KV cache",
      now: percent(frame.kvTokens / kvCapacityTokens),
      ...range(kvUse, 0.01, percent),
      role: "kvCache",
    },
  ];
}

/** The scale reaches up to the greatest window, but not so low that a trace looks like a crowd. */
function range(values: readonly number[], least: number, text: (top: number) => string) {
  const top = values.reduce((greatest, value) => Math.max(greatest, value), least);
  return { values, top, topText: text(top) };
}
