/** One request of a trace; its arrival counts from the start of the trace, in seconds. */
export interface TraceRow {
  readonly arrivalSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Names of the blocks of its prompt from the start, where the trace has them; see `RequestSpec`. */
  readonly prefixHashes?: readonly number[];
}

/** A published format of request traces. */
export interface TraceFormat {
  readonly summary: string;
  /** What a file of this format holds, for messages. */
  readonly columns: string;
  /** Where such a trace can be had. */
  readonly source: string;
  /** Reads a whole file. Throws `UserError` naming the line that is malformed. */
  parse(text: string, file: string): readonly TraceRow[];
}
