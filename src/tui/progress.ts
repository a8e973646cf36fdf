import type { Frame } from "../observe/frames.ts";
import { makeup, poolSizes } from "../scenario/makeup.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import { shareDone } from "./expected-length.ts";
import type { Controls } from "./steering.ts";
import { chosen, count, figure } from "./text.ts";

/** How far a run is and how fast it goes. */
export interface Progress {
  readonly name: string;
  readonly subject: string;
  readonly state: string;
  /** 0 to 1; undefined where the end cannot be told. */
  readonly share: number | undefined;
  readonly shareText: string;
  readonly done: string;
  readonly speed: string;
}

/** `ended`: there will be no more frames. */
export function progress(plan: RunPlan, frame: Frame, controls: Controls, ended: boolean): Progress {
  const { scenario, deployment, horizonSeconds, expectedRequests } = plan;
  const { finished } = frame.measurement.total.counts;
  const share = shareDone(plan, frame);
  const ofSeconds = horizonSeconds === undefined ? "" : ` of ${chosen(horizonSeconds)}`;
  const ofRequests = expectedRequests === undefined ? "" : ` of ${count(expectedRequests)}`;
  return {
    name: scenario.name,
    subject: `${deployment.architecture.name} on ${makeup(poolSizes(deployment))}`,
    state: ended ? (share === 1 ? "done" : "stopped") : controls.paused ? "paused" : "running",
    share,
    shareText: count(share === undefined ? undefined : Math.floor(100 * share), "%"),
    done: `${figure(frame.atSeconds)}${ofSeconds} s simulated · ${count(finished)}${ofRequests} requests finished`,
    speed: controls.speed === undefined ? "as fast as possible" : `${figure(controls.speed)} × real time`,
  };
}
