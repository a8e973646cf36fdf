import { csvLines, inOrder, secondsFrom, tokenCount } from "./fields.ts";
import type { TraceFormat } from "./trace-format.ts";

const columns = ["Timestamp", "Model", "Request tokens", "Response tokens", "Total tokens", "Log Type"];

/**
 * Requests that failed have 0 response tokens in the files "with fails"; they are left out, as the publishers do in
 * their files "without fails". Time counts from the first row, failed or not: a later file starts after months.
 */
export const burstgpt: TraceFormat = {
  summary: "BurstGPT trace (2024): seconds, prompt and output tokens; failed requests are left out",
  columns: `CSV with the header ${columns.join(",")}`,
  source: "BurstGPT_1.csv and others in the releases of github.com/HPMLL/BurstGPT",
  parse(text, file) {
    let firstSeconds: number | undefined;
    const rows = csvLines(text, file, columns).flatMap(({ cells, line }) => {
      const where = `${file}:${line}`;
      const seconds = secondsFrom(cells.Timestamp, "Timestamp", where);
      firstSeconds ??= seconds;
      if (Number(cells["Response tokens"] || Number.NaN) === 0) return [];
      return [
        {
          line,
          arrivalSeconds: seconds - firstSeconds,
          promptTokens: tokenCount(cells["Request tokens"], "Request tokens", where),
          outputTokens: tokenCount(cells["Response tokens"], "Response tokens", where),
        },
      ];
    });
    return inOrder(rows, file);
  },
};
