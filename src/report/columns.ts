import Table from "cli-table3";

const noBorders = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((part) => [part, ""]),
);

/** Rows in aligned columns without borders: the first column to the left, the others to the right unless said. */
export function columns(rows: readonly (readonly string[])[], alignment: "numbers" | "text" = "numbers"): string {
  const most = Math.max(...rows.map((row) => row.length));
  const table = new Table({
    chars: noBorders,
    style: { "padding-left": 2, "padding-right": 0, head: [], border: [] },
    colAligns: Array.from({ length: most }, (_, column) => (column === 0 || alignment === "text" ? "left" : "right")),
  });
  table.push(...rows.map((row) => [...row, ...Array<string>(most - row.length).fill("")]));
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
