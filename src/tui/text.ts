/** What stands where nothing was measured. */
export const nothing = "–";

/** Three significant digits, but never fewer than all whole ones: 12,345 · 54.8 · 0.0123. */
const threeDigits = new Intl.NumberFormat("en-US", {
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
  minimumFractionDigits: 0,
  maximumFractionDigits: 0,
  roundingPriority: "morePrecision",
});
const shortest = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A number to the left of its unit; what is not finite reads as nothing, without the unit. */
const written = (value: number | undefined, format: Intl.NumberFormat, unit: string): string => {
  if (value === undefined || !Number.isFinite(value)) return nothing;
  const number = value === 0 ? "0" : format.format(value);
  return unit === "" ? number : `${number} ${unit}`;
};

/** A measured figure. */
export const figure = (value: number | undefined, unit = "") => written(value, threeDigits, unit);
/** A figure that was chosen and not measured: no digits beyond those it has. */
export const chosen = (value: number | undefined, unit = "") => written(value, shortest, unit);
export const count = (value: number | undefined, unit = "") => written(value, whole, unit);
export const percent = (share: number | undefined) => figure(share === undefined ? undefined : 100 * share, "%");

/** A latency, in milliseconds below a second; infinite where a request was turned away. */
export const duration = (seconds: number) => {
  if (seconds === Number.POSITIVE_INFINITY) return "never";
  return seconds < 1 ? figure(1000 * seconds, "ms") : figure(seconds, "s");
};
