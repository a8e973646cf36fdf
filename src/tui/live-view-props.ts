import type { Frame } from "../observe/frames.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import { arrange } from "./arrangement.ts";
import { expertsStrip } from "./experts-strip.ts";
import { boundPanel, latencyPanel, requestsPanel } from "./figures-panel.ts";
import { histories } from "./history.ts";
import { keyHelp } from "./keys.ts";
import { ledgerStrip } from "./ledger-strip.ts";
import type { Palette } from "./palette.ts";
import { poolsStrip } from "./pools-strip.ts";
import { priceChart } from "./price-chart.ts";
import { progress } from "./progress.ts";
import type { Controls } from "./steering.ts";
import { expertsViewRows } from "./views/experts-view.tsx";
import type { LiveViewProps } from "./views/live-view.tsx";
import { poolsViewRows } from "./views/pools-view.tsx";

/** What is on the screen beside the run itself. */
export interface Stage {
  readonly columns: number;
  readonly rows: number;
  readonly controls: Controls;
  /** There will be no more frames. */
  readonly ended: boolean;
  readonly palette: Palette;
}

/** Everything that the live view shows of a frame. */
export function liveViewProps(plan: RunPlan, frame: Frame, stage: Stage): LiveViewProps {
  const experts = expertsStrip(frame, plan.deployment);
  const pools = poolsStrip(frame, plan.deployment);
  const strips = (experts === undefined ? 0 : expertsViewRows) + (pools === undefined ? 0 : poolsViewRows(pools));
  return {
    arrangement: arrange(stage.columns, stage.rows - strips),
    experts,
    ledger: ledgerStrip(frame.ledger),
    pools,
    palette: stage.palette,
    atSeconds: frame.atSeconds,
    progress: progress(plan, frame, stage.controls, stage.ended),
    panels: {
      requests: requestsPanel(frame),
      latency: latencyPanel(frame),
      bound: boundPanel(frame, plan.deployment),
    },
    histories: histories(frame, plan.deployment),
    chart: priceChart(frame, plan.deployment),
    keys: stage.ended ? [] : keyHelp,
  };
}
