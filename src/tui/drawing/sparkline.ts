const blocks = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const levels = blocks.length - 1;

/** Means of equal windows as means of so many other equal windows over the same span. */
export function resample(values: readonly number[], windows: number): number[] {
  if (values.length === 0) return [];
  const width = values.length / windows;
  return Array.from({ length: windows }, (_, window) => {
    const from = window * width;
    const to = from + width;
    let integral = 0;
    for (let cell = Math.floor(from); cell < Math.min(to, values.length); cell++) {
      integral += values[cell]! * (Math.min(cell + 1, to) - Math.max(cell, from));
    }
    return integral / width;
  });
}

/** Columns of blocks from 0 to `top`, `rows` high, as lines of text from the highest; what is above 0 shows at least a trace. */
export function sparkline(values: readonly number[], top: number, rows: number): string[] {
  const heights = values.map((value) => {
    const height = Math.min(rows * levels, Math.round((value / top) * rows * levels));
    return value > 0 ? Math.max(1, height) : 0;
  });
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * levels;
    return heights.map((height) => blocks[Math.min(levels, Math.max(0, height - below))]!).join("");
  });
}
