import { UserError } from "../../core/errors.ts";
import { csvLines, inOrder, tokenCount } from "./fields.ts";
import type { TraceFormat } from "./trace-format.ts";

const columns = ["TIMESTAMP", "ContextTokens", "GeneratedTokens"];

/** Local date and time with a fraction of any length (published: units of 100 ns). */
const timestamp = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?$/;

/** Day and second of the day apart: a date in seconds would leave a double too few bits for 100 ns. */
interface Instant {
  readonly day: number;
  readonly second: number;
}

function instantOf(text: string | undefined, where: string): Instant {
  const match = timestamp.exec(text ?? "");
  if (match === null) {
    throw new UserError(where, `TIMESTAMP is ${JSON.stringify(text)}`, "YYYY-MM-DD hh:mm:ss.fffffff");
  }
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const midnight = new Date(Date.UTC(year, month - 1, date));
  const exists = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === date;
  if (!exists || hour > 23 || minute > 59 || second > 59) {
    throw new UserError(where, `TIMESTAMP is ${JSON.stringify(text)}`, "a date and time that exist");
  }
  return {
    day: midnight.getTime() / 86_400_000,
    second: hour * 3600 + minute * 60 + second + Number(`0${match[7] ?? ""}`),
  };
}

const secondsBetween = (from: Instant, to: Instant): number => (to.day - from.day) * 86_400 + (to.second - from.second);

export const azure: TraceFormat = {
  summary: "Azure LLM inference trace (2023): date-times, prompt and output tokens",
  columns: `CSV with the header ${columns.join(",")}; TIMESTAMP as YYYY-MM-DD hh:mm:ss.fffffff`,
  source: "AzureLLMInferenceTrace_conv.csv in the data folder of github.com/Azure/AzurePublicDataset (CC-BY-4.0)",
  parse(text, file) {
    let first: Instant | undefined;
    const rows = csvLines(text, file, columns).map(({ cells, line }) => {
      const where = `${file}:${line}`;
      const instant = instantOf(cells.TIMESTAMP, where);
      first ??= instant;
      return {
        line,
        arrivalSeconds: secondsBetween(first, instant),
        promptTokens: tokenCount(cells.ContextTokens, "ContextTokens", where),
        outputTokens: tokenCount(cells.GeneratedTokens, "GeneratedTokens", where),
      };
    });
    return inOrder(rows, file);
  },
};
