import { z } from "zod";

/** Metric and binary prefixes that a byte, FLOP or second may carry. */
const metric = { "": 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 };
const binary = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 };

const prefixed = (prefixes: Readonly<Record<string, number>>, unit: string): Record<string, number> =>
  Object.fromEntries(Object.entries(prefixes).map(([prefix, factor]) => [`${prefix}${unit}`, factor]));

const seconds = { s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9, min: 60, h: 3600, d: 86_400 };
const bytes = { ...prefixed(metric, "B"), ...prefixed(binary, "B") };

/** What a quantity measures, and the units it may be written in, each with its factor to the SI unit. */
const units = {
  seconds,
  bytes,
  bytesPerSecond: Object.fromEntries(Object.entries(bytes).map(([unit, factor]) => [`${unit}/s`, factor])),
  flopPerSecond: { ...prefixed(metric, "FLOP/s"), ...prefixed(metric, "FLOPS") },
  perSecond: { "/s": 1, "/min": 1 / 60, "/h": 1 / 3600, "req/s": 1, "requests/s": 1, Hz: 1 },
  dollarsPerHour: { "$/h": 1, "$/hour": 1, "USD/h": 1 },
} satisfies Record<string, Record<string, number>>;

export type Dimension = keyof typeof units;

export interface Range {
  /** The least that is allowed; by default any quantity at or above 0. */
  readonly least?: number;
  /** With `positive`, zero itself is refused. */
  readonly positive?: boolean;
}

const number = /^([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(.*)$/;

/** How a quantity of this dimension may be written, for messages and help. */
export function unitsOf(dimension: Dimension): string {
  return `a plain number in SI units, or a number with one of ${Object.keys(units[dimension]).join(", ")}`;
}

/** Reads `3.35 TB/s`, `80 GB`, `4.2/s` or a plain SI number; undefined where the text is neither. */
export function parseQuantity(text: string | number, dimension: Dimension): number | undefined {
  if (typeof text === "number") return Number.isFinite(text) ? text : undefined;
  const match = number.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(match[1]!.replaceAll("_", ""));
  const unit = match[2]!;
  const factors: Readonly<Record<string, number>> = units[dimension];
  if (unit !== "" && !Object.hasOwn(factors, unit)) return undefined;
  const inSi = unit === "" ? value : value * factors[unit]!;
  return Number.isFinite(inSi) ? inSi : undefined;
}

/** The schema of a quantity: reads text with a unit or a plain SI number, gives the SI number. */
export function quantity(dimension: Dimension, range: Range = {}) {
  const least = range.least ?? 0;
  const allowed = `${unitsOf(dimension)}; ${range.positive ? "above 0" : `at least ${least}`}`;
  return z
    .union([z.number(), z.string()], { error: allowed })
    .transform((text, context) => {
      const value = parseQuantity(text, dimension);
      if (value === undefined) {
        context.addIssue({ code: "custom", message: "cannot be read", params: { allowed } });
        return z.NEVER;
      }
      if (value < least || (range.positive && value <= 0)) {
        context.addIssue({ code: "custom", message: "is too small", params: { allowed } });
        return z.NEVER;
      }
      return value;
    })
    .meta({ description: allowed });
}
