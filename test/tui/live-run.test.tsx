import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { describe, expect, test, vi } from "vitest";
import { run } from "../../src/experiment/run.ts";
import { Rank } from "../../src/kernel/calendar.ts";
import type { RunPlan } from "../../src/scenario/run-plan.ts";
import { liveRun, type Terminal } from "../../src/tui/live-run.tsx";
import { finished, smallPlan } from "./plans.ts";

/** A terminal of 80 × 24 that remembers what was written and what mode it is in. */
class FakeTerminal implements Terminal {
  readonly written: string[] = [];
  readonly modes: boolean[] = [];
  readonly #keys = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => this.modes.push(on),
    ref() {},
    unref() {},
  });
  readonly stdout = Object.assign(new EventEmitter(), {
    columns: 80,
    rows: 24,
    isTTY: true,
    write: (text: string, done?: () => void) => {
      this.written.push(text);
      done?.();
      return true;
    },
  }) as unknown as NodeJS.WriteStream;
  readonly stdin = this.#keys as unknown as NodeJS.ReadStream;

  type(keys: string): void {
    this.#keys.write(keys);
  }

  get screen(): string {
    return this.written.join("");
  }

  expectInOrder(): void {
    expect(this.modes.at(-1) ?? false).toBe(false);
    expect(this.screen.lastIndexOf("\u001b[?25h")).toBeGreaterThanOrEqual(this.screen.lastIndexOf("\u001b[?25l"));
    expect(this.stdout.listenerCount("resize")).toBe(0);
  }
}

/** How long a busy machine may take to draw. */
const patience = { timeout: 15_000, interval: 20 };

/** Lets a first frame be drawn. */
const inFullView = (terminal: FakeTerminal) => vi.waitFor(() => expect(terminal.screen).toContain("running"), patience);

/** Runs a plan live and, once it is in full view, does something every 300 ms. */
async function watched(plan: RunPlan, deeds: readonly ((terminal: FakeTerminal) => void)[] = []) {
  const terminal = new FakeTerminal();
  const live = liveRun(plan, terminal);
  const report$ = run(plan, live);
  const timers: NodeJS.Timeout[] = [];
  try {
    if (deeds.length > 0) await inFullView(terminal);
    deeds.forEach((deed, index) => {
      timers.push(setTimeout(() => deed(terminal), 300 * index));
    });
    return { terminal, report: await report$ };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    live.close();
  }
}

const press = (key: string) => (terminal: FakeTerminal) => terminal.type(key);

describe("a live run", () => {
  test("gives the very report of a run without a view, however it is driven", async () => {
    const plain = JSON.stringify((await finished(smallPlan())).report);
    const { terminal, report } = await watched(smallPlan(), [" ", " ", "+", "m"].map(press));
    expect(JSON.stringify(report)).toBe(plain);
    expect(terminal.modes[0]).toBe(true);
    expect(terminal.screen).toContain("200 of 200 requests finished");
    expect(terminal.screen).toContain("done");
    terminal.expectInOrder();
  });

  test.each([
    ["q", "q"],
    ["Ctrl-C", "\u0003"],
  ])("%s ends the run at the instant it has reached", async (_, key) => {
    const { terminal, report } = await watched(smallPlan("{ requests: 100000 }"), [press(key)]);
    expect(report.ended).toBe("stopped");
    expect(report.simulatedSeconds).toBeGreaterThan(0);
    expect(report.requests.finished).toBeLessThan(100_000);
    expect(terminal.screen).toContain("stopped");
    terminal.expectInOrder();
  });

  test("a signal ends the run as Ctrl-C does", async () => {
    const { terminal, report } = await watched(smallPlan("{ requests: 100000 }"), [() => process.emit("SIGINT")]);
    expect(report.ended).toBe("stopped");
    terminal.expectInOrder();
  });

  test("a run that breaks leaves the terminal in order", async () => {
    const plan = smallPlan();
    const terminal = new FakeTerminal();
    const live = liveRun(plan, terminal);
    setTimeout(() => {
      plan.time.after(0, Rank.arrival, {
        fire() {
          throw new Error("broken");
        },
      });
    }, 300);
    await expect(run(plan, live)).rejects.toThrow("broken");
    expect(terminal.screen).toContain("stopped");
    expect(terminal.modes[0]).toBe(true);
    terminal.expectInOrder();
  });

  test("leaves the terminal alone until the run is under way", () => {
    const terminal = new FakeTerminal();
    liveRun(smallPlan(), terminal).close();
    expect([terminal.written, terminal.modes]).toEqual([[], []]);
  });

  test("draws anew when the terminal's size changes, even while paused", async () => {
    const plan = smallPlan();
    const terminal = new FakeTerminal();
    const live = liveRun(plan, terminal);
    const report = run(plan, live);
    const widest = () => Math.max(...terminal.screen.split("\n").map((line) => line.length));
    await inFullView(terminal);
    terminal.type(" ");
    await vi.waitFor(() => expect(terminal.screen).toContain("paused"), patience);
    terminal.stdout.columns = 120;
    terminal.stdout.emit("resize");
    await vi.waitFor(() => expect(widest()).toBeGreaterThan(100), patience);
    terminal.type("q");
    expect((await report).ended).toBe("stopped");
    terminal.expectInOrder();
  });
});
