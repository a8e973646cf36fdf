import { parse } from "csv-parse/sync";
import { UserError } from "../../core/errors.ts";
import type { TraceRow } from "./trace-format.ts";

/** A line of a CSV file: its cells by column, and its number in the file. */
export interface CsvLine {
  readonly cells: Readonly<Record<string, string>>;
  readonly line: number;
}

/** Reads CSV with a header. Throws `UserError` for a file that is not CSV or lacks one of the columns. */
export function csvLines(text: string, file: string, columns: readonly string[]): CsvLine[] {
  const header = (names: string[]): string[] => {
    const missing = columns.filter((column) => !names.includes(column));
    if (missing.length === 0) return names;
    throw new UserError(file, `its header lacks ${missing.join(", ")}`, columns.join(","));
  };
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { columns: header, info: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { message, lines } = error as Error & { lines?: number };
    throw new UserError(lines === undefined ? file : `${file}:${lines}`, message, columns.join(","));
  }
  return rows.map(({ record, info }) => ({ cells: record, line: info.lines }));
}

/** A token count from a trace. Throws `UserError` unless it is a whole number from 1 up. */
export function tokenCount(value: unknown, name: string, where: string): number {
  const count = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof count === "number" && Number.isSafeInteger(count) && count >= 1) return count;
  throw new UserError(where, `${name} is ${JSON.stringify(value)}`, "a whole number of tokens from 1 up");
}

/** An instant from a CSV trace. Throws `UserError` unless it is a number of seconds. */
export function secondsFrom(text: string | undefined, name: string, where: string): number {
  const seconds = text === undefined || text === "" ? Number.NaN : Number(text);
  if (Number.isFinite(seconds)) return seconds;
  throw new UserError(where, `${name} is ${JSON.stringify(text ?? "")}`, "a number of seconds");
}

/** A row read from one line of a trace, its arrival on the trace's own clock. */
export interface LocatedRow extends TraceRow {
  readonly line: number;
}

/** Checks a whole trace. Throws `UserError` where it is empty, starts before 0 or turns back in time. */
export function inOrder(rows: readonly LocatedRow[], file: string): readonly TraceRow[] {
  if (rows.length === 0) throw new UserError(file, "holds no requests", "at least one");
  let lastSeconds = 0;
  for (const { line, arrivalSeconds } of rows) {
    if (arrivalSeconds < lastSeconds) {
      const what = arrivalSeconds < 0 ? "arrives before time 0" : "arrives before the request above it";
      throw new UserError(`${file}:${line}`, what, "arrivals in order, from 0 up");
    }
    lastSeconds = arrivalSeconds;
  }
  return rows;
}
