import { UserError } from "../../core/errors.ts";
import { inOrder, type LocatedRow, tokenCount } from "./fields.ts";
import type { TraceFormat } from "./trace-format.ts";

const shape = '{"timestamp": milliseconds, "input_length": tokens, "output_length": tokens}';

function row(text: string, where: string): Omit<LocatedRow, "line"> {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UserError(where, "is not JSON", shape);
  }
  const milliseconds = value?.timestamp;
  if (typeof milliseconds !== "number" || !Number.isFinite(milliseconds)) {
    throw new UserError(where, `timestamp is ${JSON.stringify(milliseconds)}`, "a number of milliseconds");
  }
  return {
    arrivalSeconds: milliseconds / 1000,
    promptTokens: tokenCount(value.input_length, "input_length", where),
    outputTokens: tokenCount(value.output_length, "output_length", where),
  };
}

export const mooncake: TraceFormat = {
  summary: "Mooncake trace (FAST '25): milliseconds, prompt and output tokens, prefix block hashes (not used)",
  columns: `JSON lines ${shape}`,
  source:
    "mooncake_conversation_trace.jsonl in the FAST25-release folder of github.com/kvcache-ai/Mooncake (Apache-2.0)",
  parse(text, file) {
    const rows: LocatedRow[] = [];
    text.split("\n").forEach((content, index) => {
      const line = index + 1;
      // Trimmed of a carriage return at its end and of a byte order mark at the start of the file.
      const trimmed = content.trim();
      if (trimmed !== "") rows.push({ line, ...row(trimmed, `${file}:${line}`) });
    });
    return inOrder(rows, file);
  },
};
