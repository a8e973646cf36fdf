import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Request } from "../../src/serving/request.ts";
import { RunningSet } from "../../src/serving/running-set.ts";

const commands = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("join" as const),
      context: fc.integer({ min: 1, max: 50 }),
      left: fc.integer({ min: 0, max: 9 }),
    }),
    fc.record({ kind: fc.constant("advance" as const) }),
    fc.record({ kind: fc.constant("newest" as const) }),
  ),
  { maxLength: 200 },
);

describe("the running set", () => {
  test("behaves as a plain list of sequences does", () => {
    fc.assert(
      fc.property(commands, (list) => {
        const running = new RunningSet();
        let model: { id: number; context: number; left: number }[] = [];
        let id = 0;
        for (const command of list) {
          if (command.kind === "join") {
            const request = new Request(id, 0, { promptTokens: command.context, outputTokens: command.left + 1 });
            request.emittedTokens = 1;
            running.join(request, command.context);
            model.push({ id: id++, context: command.context, left: command.left });
          } else if (command.kind === "advance" && model.length > 0) {
            const steps = Math.min(...model.map(({ left }) => left));
            expect(running.stepsUntilEnd).toBe(steps);
            running.advance(steps);
            model = model.map((one) => ({ ...one, context: one.context + steps, left: one.left - steps }));
            const ended = new Set<number>();
            for (let one = running.nextEnded(); one !== undefined; one = running.nextEnded()) {
              ended.add(one.request.id);
              running.leave(one);
            }
            expect(ended).toEqual(new Set(model.filter(({ left }) => left === 0).map((one) => one.id)));
            model = model.filter(({ left }) => left > 0);
          } else if (command.kind === "newest" && model.length > 0) {
            const newest = model.pop()!;
            const taken = running.newest!;
            expect(taken.request.id).toBe(newest.id);
            expect(running.contextOf(taken)).toBe(newest.context);
            running.leave(taken);
          }
          expect(running.size).toBe(model.length);
          expect(running.contextTokens).toBe(model.reduce((sum, { context }) => sum + context, 0));
        }
      }),
      { numRuns: 300 },
    );
  });

  test("refuses to run a sequence past its end", () => {
    const running = new RunningSet();
    running.join(new Request(0, 0, { promptTokens: 3, outputTokens: 5 }), 3);
    expect(() => running.advance(6)).toThrow("past its end");
    expect(new RunningSet().newest).toBeUndefined();
  });
});
