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
