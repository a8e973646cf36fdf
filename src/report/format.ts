import type { Estimate } from "../experiment/estimate.ts";

/** What stands where nothing was measured. */
export const nothing = "–";

/** A unit to show values in: what one of it is worth, and its name. */
export interface Scale {
  readonly factor: number;
  readonly unit: string;
}

const timeScales: readonly Scale[] = [
  { factor: 86_400, unit: "d" },
  { factor: 3600, unit: "h" },
  { factor: 60, unit: "min" },
  { factor: 1, unit: "s" },
  { factor: 1e-3, unit: "ms" },
  { factor: 1e-6, unit: "µs" },
];

/** The unit of time in which a value reads best; minutes and longer only for long spans. */
export function timeScale(seconds: number): Scale {
  const size = Math.abs(seconds);
  if (size === 0) return { factor: 1, unit: "s" };
  const sensible = timeScales.filter(({ factor }) => factor <= 1 || size >= 10 * factor);
  return sensible.find(({ factor }) => size >= factor) ?? timeScales.at(-1)!;
}

/** A finite number to so many significant digits with grouped thousands: 20,000 · 3,930 · 54.8 · 0.0123 · 1.20e-7. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return nothing;
  // Rounded first, since 99.97 has one decimal fewer than it seems: 100.
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size === 0) return "0";
  if (size < 1e-4 || size >= 1e12) return value.toExponential(digits - 1);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return rounded.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A whole number with grouped thousands. */
export function count(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString("en-US", { maximumFractionDigits: 0 }) : nothing;
}

/** How many there are of what comes in whole numbers, though a closed form may be asked for fractions: 8 · 2.50. */
export function amount(value: number): string {
  return Number.isInteger(value) ? count(value) : number(value);
}

/** The same with its noun: 1 stage · 2 stages. */
export function many(value: number, noun: string): string {
  return `${amount(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A value in a unit: `54.8 ms`. */
export function inUnit(value: number | null, { factor, unit }: Scale, digits = 3): string {
  return value === null ? nothing : `${number(value / factor, digits)} ${unit}`;
}

export function seconds(value: number | null, digits = 3): string {
  return value === null ? nothing : inUnit(value, timeScale(value), digits);
}

/** An estimate and the half-width of its interval in one unit: `54.8 ± 0.6 ms`; `54.8 ± – ms` where there is no interval. */
export function estimated({ value, halfWidth }: Estimate, scale: Scale | "time", digits = 3): string {
  if (value === null) return nothing;
  const { factor, unit } = scale === "time" ? timeScale(value) : scale;
  const spread = halfWidth === null ? nothing : number(halfWidth / factor, 2);
  return `${number(value / factor, digits)} ± ${spread}${unit === "" ? "" : ` ${unit}`}`;
}

export const percent: Scale = { factor: 0.01, unit: "%" };
export const unitOf = (unit: string): Scale => ({ factor: 1, unit });
