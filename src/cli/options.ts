import { InvalidArgumentError } from "commander";
import { parseQuantity, unitsOf } from "../core/quantity.ts";

/** Reads a whole number from 1 up. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 1) {
    throw new InvalidArgumentError("expected a whole number from 1 up");
  }
  return value;
}

/** Reads whole numbers from 1 up, with commas between them. */
export const wholeNumbers = (text: string): number[] => text.split(",").map(wholeNumber);

/** Reads a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number above 0");
  return value;
}

/** Reads a number of 0 or more. */
export function notNegativeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("expected a number of 0 or more");
  }
  return value;
}

/** Reads a span of time such as `10 min`. */
export function span(text: string): number {
  const value = parseQuantity(text, "seconds");
  if (value === undefined || value <= 0) throw new InvalidArgumentError(`expected ${unitsOf("seconds")}, above 0`);
  return value;
}

/** Reads a share, above 0 and below 1. */
export function share(text: string): number {
  const value = positiveNumber(text);
  if (value >= 1) throw new InvalidArgumentError("expected a number above 0 and below 1");
  return value;
}

/** Reads a seed: a whole number where it is one, a word otherwise. */
export function seedOf(text: string): number | string {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

/** Decimals beyond which the steps of a range are rounding. */
const rangeDecimals = 6;
const mostLoads = 100;

/** Reads loads above 0, with commas between them: each a number, or a range in tenths such as `0.1..1.1`. */
export function loadList(text: string): number[] {
  const loads = text.split(",").flatMap(loadsOf);
  if (loads.length > mostLoads) throw new InvalidArgumentError(`expected at most ${mostLoads} loads`);
  return [...new Set(loads)].sort((a, b) => a - b);
}

function loadsOf(text: string): number[] {
  const ends = text.split("..").map(positiveNumber);
  const [from, to = from] = ends as [number, number?];
  if (ends.length > 2 || to < from) throw new InvalidArgumentError("expected a range that rises, such as 0.1..1.1");
  const steps = Math.floor(Number((10 * (to - from)).toFixed(rangeDecimals)));
  return Array.from({ length: steps + 1 }, (_, step) => Number((from + step / 10).toFixed(rangeDecimals)));
}
