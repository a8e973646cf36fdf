import { csvLines, inOrder, secondsFrom, tokenCount } from "./fields.ts";
import type { TraceFormat } from "./trace-format.ts";

const columns = ["arrival_s", "input_tokens", "output_tokens"];

export const plain: TraceFormat = {
  summary: "plain CSV: arrival in seconds, prompt and output tokens",
  columns: `CSV with the header ${columns.join(",")}`,
  source: "a file of your own; scenarios/traces/sample.csv shows one",
  parse(text, file) {
    const rows = csvLines(text, file, columns).map(({ cells, line }) => {
      const where = `${file}:${line}`;
      return {
        line,
        arrivalSeconds: secondsFrom(cells.arrival_s, "arrival_s", where),
        promptTokens: tokenCount(cells.input_tokens, "input_tokens", where),
        outputTokens: tokenCount(cells.output_tokens, "output_tokens", where),
      };
    });
    return inOrder(rows, file);
  },
};
