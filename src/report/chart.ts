import { number } from "./format.ts";

/** A named row of points to draw, both coordinates above 0. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const width = 72;
const height = 20;
const marks = "●○◆◇▲△■□★☆";

/** The place of a value among so many between two limits, by its logarithm. */
function place(value: number, low: number, high: number, places: number): number {
  return high === low ? 0 : Math.round(((places - 1) * Math.log(value / low)) / Math.log(high / low));
}

/** A chart in text with both axes logarithmic, and a legend; the empty string where there is nothing to draw. */
export function logLogChart(series: readonly Series[], xLabel: string, yLabel: string): string {
  const all = series.flatMap(({ points }) => points);
  if (all.length === 0) return "";
  const extent = (axis: 0 | 1) =>
    all.reduce(([low, high], point) => [Math.min(low, point[axis]), Math.max(high, point[axis])] as const, [
      Number.POSITIVE_INFINITY,
      0,
    ] as const);
  const [left, right] = extent(0);
  const [bottom, top] = extent(1);
  const canvas = Array.from({ length: height }, () => Array<string>(width).fill(" "));
  series.forEach(({ points }, index) => {
    for (const [x, y] of points) {
      const row = height - 1 - place(y, bottom, top, height);
      canvas[row]![place(x, left, right, width)] = marks[index % marks.length]!;
    }
  });
  const labels = [number(top), number(bottom)];
  const gutter = Math.max(...labels.map((label) => label.length));
  const lines = canvas.map((cells, row) => {
    const label = row === 0 ? labels[0]! : row === height - 1 ? labels[1]! : "";
    return `${label.padStart(gutter)} ┤${cells.join("").trimEnd()}`;
  });
  const ends = `${number(left)}${" ".repeat(Math.max(1, width - number(left).length - number(right).length))}${number(right)}`;
  const legend = series.map(({ name }, index) => `${marks[index % marks.length]} ${name}`);
  return [
    yLabel,
    ...lines,
    `${" ".repeat(gutter)} └${"─".repeat(width)}`,
    `${" ".repeat(gutter + 2)}${ends}`,
    `${" ".repeat(gutter + 2)}${xLabel.padStart(Math.round((width + xLabel.length) / 2))}`,
    ...legend,
  ].join("\n");
}
