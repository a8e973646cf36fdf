import { UserError } from "../../core/errors.ts";
import { prefixBlockTokens } from "../../serving/prefix-cache.ts";
import { inOrder, type LocatedRow, tokenCount } from "./fields.ts";
import type { TraceFormat } from "./trace-format.ts";

const shape = '{"timestamp": milliseconds, "input_length": tokens, "output_length": tokens, "hash_ids": [block names]}';

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
  const promptTokens = tokenCount(value.input_length, "input_length", where);
  return {
    arrivalSeconds: milliseconds / 1000,
    promptTokens,
    outputTokens: tokenCount(value.output_length, "output_length", where),
    ...(value.hash_ids !== undefined && { prefixHashes: blockNames(value.hash_ids, promptTokens, where) }),
  };
}

/**
 * The trace names the blocks of a prompt; equal names, equal content up to there. The last block may be part empty: then the
 * name is left out, as the block that is filled up by the answer is another.
 */
function blockNames(value: unknown, promptTokens: number, where: string): readonly number[] {
  const most = Math.ceil(promptTokens / prefixBlockTokens);
  if (Array.isArray(value) && value.every(Number.isSafeInteger) && value.length <= most) {
    return value.slice(0, Math.floor(promptTokens / prefixBlockTokens));
  }
  const what = `hash_ids is ${JSON.stringify(value).slice(0, 60)}`;
  throw new UserError(where, what, `a list of whole numbers, one for each ${prefixBlockTokens} tokens of the prompt`);
}

export const mooncake: TraceFormat = {
  summary: "Mooncake trace (FAST '25): milliseconds, prompt and output tokens, names of prefix blocks",
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
