import type { InverseTable } from "./inverse-table.ts";

/** Tables by token count, built on first use; the longest unused go when together they exceed `mostBytes`. */
export function boundedTables(
  build: (tokens: number) => InverseTable,
  mostBytes: number,
): (tokens: number) => InverseTable {
  const tables = new Map<number, InverseTable>();
  let bytes = 0;
  let lastTokens = -1;
  let last: InverseTable | undefined;
  const lookUp = (tokens: number): InverseTable => {
    let table = tables.get(tokens);
    if (table) {
      tables.delete(tokens);
    } else {
      table = build(tokens);
      bytes += table.bytes;
    }
    tables.set(tokens, table);
    for (const [oldest, dropped] of tables) {
      if (bytes <= mostBytes || oldest === tokens) break;
      tables.delete(oldest);
      bytes -= dropped.bytes;
    }
    return table;
  };
  return (tokens) => {
    // Decode steps come in long runs of one size.
    if (tokens !== lastTokens || !last) {
      last = lookUp(tokens);
      lastTokens = tokens;
    }
    return last;
  };
}
