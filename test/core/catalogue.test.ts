import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { catalogue, part } from "../../src/core/catalogue.ts";

const shapes = catalogue("shape", {
  circle: part({
    summary: "round",
    options: z.strictObject({ radius: z.number().positive().default(1) }),
    build: ({ radius }) => Math.PI * radius ** 2,
  }),
  square: part({
    summary: "four corners",
    options: z.strictObject({ side: z.number() }).refine(({ side }) => side !== 13, { error: "unlucky" }),
    build: ({ side }) => side ** 2,
  }),
  point: part({ summary: "no extent", options: z.strictObject({}), build: () => 0 }),
});

describe("a catalogue", () => {
  test("knows its parts by name", () => {
    expect(shapes.names).toEqual(["circle", "square", "point"]);
    expect(shapes.parts.circle.summary).toBe("round");
  });

  test("its schema chooses the part by the key and fills in defaults", () => {
    expect(shapes.schema.parse({ shape: "circle" })).toEqual({ shape: "circle", radius: 1 });
    expect(shapes.schema.parse({ shape: "square", side: 3 })).toEqual({ shape: "square", side: 3 });
  });

  test("builds the part that was chosen, without the key in its options", () => {
    expect(shapes.build({ shape: "square", side: 3 })).toBe(9);
    expect(shapes.build({ shape: "point" })).toBe(0);
    expectTypeOf(shapes.build({ shape: "circle", radius: 2 })).toEqualTypeOf<number>();
  });

  test.each([
    ["an unknown part", { shape: "blob" }, ["shape"], "invalid_union"],
    ["no part", { side: 3 }, ["shape"], "invalid_union"],
    ["an option of another part", { shape: "circle", side: 3 }, [], "unrecognized_keys"],
    ["a wrong option", { shape: "circle", radius: -1 }, ["radius"], "too_small"],
    ["what a part's own check refuses", { shape: "square", side: 13 }, [], "custom"],
  ])("refuses %s", (_, given, path, code) => {
    const issue = shapes.schema.safeParse(given).error?.issues[0];
    expect(issue).toMatchObject({ path, code });
  });

  test("an unknown part is answered with the names there are", () => {
    expect(shapes.schema.safeParse({ shape: "blob" }).error?.issues[0]).toMatchObject({
      options: ["circle", "square", "point"],
    });
  });
});
