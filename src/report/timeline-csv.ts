import type { TimeWindow } from "../observe/time-windows.ts";

export const timelineCsvHeader =
  "from_s,to_s,offered,finished,rejected,preemptions,output_tokens_per_s,ttft_p50_s,ttft_p99_s," +
  "queue,batch,kv_tokens,oldest_wait_s,goodput_per_s\n";

/** A CSV line for each window of a run: what was not measured is empty, a percentile among rejected requests `inf`. */
export function* timelineCsv(windows: readonly TimeWindow[]): Generator<string> {
  yield timelineCsvHeader;
  for (const window of windows) yield line(window);
}

function line(window: TimeWindow): string {
  const { fromSeconds, toSeconds, outputTokens, queueSeconds, batchSeconds, kvTokenSeconds, sloMet } = window;
  const perSecond = (amount: number) => amount / (toSeconds - fromSeconds);
  const numbers = [
    fromSeconds,
    toSeconds,
    window.offered,
    window.finished,
    window.rejected,
    window.preemptions,
    perSecond(outputTokens),
    window.ttftP50Seconds,
    window.ttftP99Seconds,
    perSecond(queueSeconds),
    perSecond(batchSeconds),
    perSecond(kvTokenSeconds),
    window.oldestWaitSeconds,
    sloMet === undefined ? Number.NaN : perSecond(sloMet),
  ];
  return `${numbers.map(cell).join(",")}\n`;
}

function cell(value: number): string {
  if (Number.isNaN(value)) return "";
  return value === Number.POSITIVE_INFINITY ? "inf" : String(value);
}
