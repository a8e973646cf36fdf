/** Tables by a whole number, built on first use; the longest unused go when together they exceed `mostBytes`. */
export function boundedTables<Table extends { readonly bytes: number }>(
  build: (key: number) => Table,
  mostBytes: number,
): (key: number) => Table {
  const tables = new Map<number, Table>();
  let bytes = 0;
  let lastKey = -1;
  let last: Table | undefined;
  const lookUp = (key: number): Table => {
    let table = tables.get(key);
    if (table) {
      tables.delete(key);
    } else {
      table = build(key);
      bytes += table.bytes;
    }
    tables.set(key, table);
    for (const [oldest, dropped] of tables) {
      if (bytes <= mostBytes || oldest === key) break;
      tables.delete(oldest);
      bytes -= dropped.bytes;
    }
    return table;
  };
  return (key) => {
    // Decode steps come in long runs of one size.
    if (key !== lastKey || !last) {
      last = lookUp(key);
      lastKey = key;
    }
    return last;
  };
}
