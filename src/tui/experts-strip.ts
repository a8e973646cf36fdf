import type { Frame } from "../observe/frames.ts";
import type { Deployment } from "../scenario/deployment.ts";
import { count, figure } from "./text.ts";

/** The experts of the latest step: one column for each layer. */
export interface ExpertsStrip {
  readonly text: string;
  /** Distinct experts of each layer over all ranks, above the least of them; empty where only their sum was drawn. */
  readonly aboveLeast: readonly number[];
  /** The greatest of these, above 0, and how the scale reads. */
  readonly top: number;
  readonly scale: string;
}

/** Undefined where no experts are followed. */
export function expertsStrip({ experts: latest }: Frame, { experts: followed }: Deployment): ExpertsStrip | undefined {
  if (followed === undefined) return undefined;
  const { occupancy, layers, placements } = followed;
  const { experts, active } = occupancy.routing;
  const ranks = placements[0]?.ranks ?? 1;
  const mean = figure(latest && latest.touched / layers);
  const touched = `${mean} of ${count(experts)} a layer`;
  const even = latest && (latest.tokens * active * layers) / ranks;
  const share = figure(latest && latest.assignments / even!, "× its share");
  const busiest = `busiest rank reads ${figure(latest && latest.reads / layers)}, serves ${share}`;
  const distinct = Array.from(latest?.latest.touched ?? []);
  const least = Math.min(...distinct);
  const greatest = Math.max(...distinct);
  return {
    text: ranks === 1 ? touched : `${touched}; ${busiest}`,
    aboveLeast: distinct.map((value) => value - least),
    top: Math.max(1, greatest - least),
    scale: distinct.length === 0 ? "" : `${figure(least)} to ${figure(greatest)}, by layer`,
  };
}
