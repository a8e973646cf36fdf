import { expect, test } from "vitest";
import { Column } from "../../src/core/column.ts";

test("keeps what comes, however much, and what is changed later", () => {
  const column = new Column();
  expect(column.toArray()).toEqual(new Float64Array(0));
  for (let value = 0; value < 5_000; value++) column.push(value);
  column.set(3, Number.POSITIVE_INFINITY);
  const expected = Float64Array.from({ length: 5_000 }, (_, value) => (value === 3 ? Number.POSITIVE_INFINITY : value));
  expect(column.toArray()).toEqual(expected);
});

test("hands out arrays of their own", () => {
  const column = new Column();
  column.push(1);
  const before = column.toArray();
  column.set(0, 2);
  column.push(3);
  expect([...before]).toEqual([1]);
  expect([...column.toArray()]).toEqual([2, 3]);
});
