import { boundOf, type Figure, figures } from "../experiment/figures.ts";
import type { Frame } from "../observe/frames.ts";
import type { Deployment } from "../scenario/deployment.ts";
import { count, duration, figure, nothing, percent } from "./text.ts";

/** A line of figures: what they are, and their values from left to right. */
export interface FigureRow {
  readonly label: string;
  readonly values: readonly string[];
}

export interface FiguresPanel {
  readonly heading: string;
  /** Headings of the values, where they have any. */
  readonly columns: readonly string[];
  readonly rows: readonly FigureRow[];
  /** Lines of text below the figures. */
  readonly notes: readonly string[];
}

export function requestsPanel(frame: Frame): FiguresPanel {
  const { offered, finished, rejected, preemptedRequests } = frame.measurement.total.counts;
  const row = (label: string, value: number) => ({ label, values: [count(value)] });
  return {
    heading: "Requests",
    columns: [],
    rows: [
      row("offered", offered),
      row("finished", finished),
      row("running", frame.running),
      row("waiting", frame.waiting),
      row("preempted", preemptedRequests),
      row("rejected", rejected),
    ],
    notes: [],
  };
}

export function latencyPanel({ measurement: { total } }: Frame): FiguresPanel {
  const { ttftSeconds, tpotSeconds, itlSeconds, e2eSeconds, queueingSeconds } = total.latency;
  const row = (label: string, seconds: number) => ({ label, values: [duration(seconds)] });
  return {
    heading: "Latency",
    columns: [],
    rows: [
      row("TTFT p50", ttftSeconds.quantile(0.5)),
      row("TTFT p99", ttftSeconds.quantile(0.99)),
      row("TPOT mean", tpotSeconds.mean),
      row("ITL p99", itlSeconds.quantile(0.99)),
      row("E2E p50", e2eSeconds.quantile(0.5)),
      row("queueing p99", queueingSeconds.quantile(0.99)),
    ],
    notes: [],
  };
}

/** The run so far beside the closed form at its own mean decode batch and context. */
export function boundPanel({ measurement: { total } }: Frame, deployment: Deployment): FiguresPanel {
  const of = (name: Figure) => figures[name](total, total.total("seconds"), deployment);
  const bound = boundOf(total, deployment);
  const row = (
    label: string,
    simulated: number,
    closedForm: number | undefined,
    text: (value: number | undefined) => string,
  ) => ({
    label,
    values: [text(simulated), text(closedForm), figure(closedForm === undefined ? undefined : simulated / closedForm)],
  });
  return {
    heading: "Beside the bound",
    columns: ["run", "bound", "ratio"],
    rows: [
      row("tokens/s/request", of("tokensPerSecondPerRequest"), bound?.tokensPerSecondPerRequest, figure),
      row(
        "output tokens/s",
        of("outputTokensPerSecond"),
        bound && bound.tokensPerSecond * deployment.decodingReplicas,
        figure,
      ),
      row("$/M output tokens", of("dollarsPerMillionTokens"), bound?.dollarsPerMillionTokens, figure),
      row("MFU", of("mfu"), bound?.mfu, percent),
    ],
    notes: [
      `at ${figure(of("decodeBatch"), "sequences")} of ${count(of("decodeContextTokens"), "tokens")}`,
      `where it is bound by ${bound?.binding ?? nothing}`,
    ],
  };
}
