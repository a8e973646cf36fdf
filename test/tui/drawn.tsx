import { render } from "ink-testing-library";
import { expect } from "vitest";
import type { Frame } from "../../src/observe/frames.ts";
import type { RunPlan } from "../../src/scenario/run-plan.ts";
import { liveViewProps, type Stage } from "../../src/tui/live-view-props.ts";
import { palette } from "../../src/tui/palette.ts";
import { LiveView } from "../../src/tui/views/live-view.tsx";

/** What surrounds a frame, in a terminal of that size without colours. */
export const stage = (columns: number, rows: number): Stage => ({
  columns,
  rows,
  controls: { speed: 3.5, paused: false },
  ended: false,
  palette: palette({ NO_COLOR: "1" }),
});

/** The view as lines of text, in a terminal of at most 100 columns. */
export function drawn(plan: RunPlan, frame: Frame, columns = 80, rows = 24, changes: Partial<Stage> = {}): string[] {
  const props = liveViewProps(plan, frame, { ...stage(columns, rows), ...changes });
  const { lastFrame, unmount } = render(<LiveView {...props} />);
  const lines = (lastFrame() ?? "").split("\n");
  unmount();
  return lines;
}

/** Draws a frame in terminals of all sizes: it stays within each, and shows nothing that is no figure. */
export function expectDrawnAtAnySize(plan: () => RunPlan, frame: Frame): void {
  for (const [columns, rows] of [
    [80, 24],
    [20, 5],
    [160, 50],
  ] as const) {
    const lines = drawn(plan(), frame, columns, rows);
    expect(lines.join("\n")).not.toMatch(/NaN|Infinity|∞|undefined/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
    expect(lines.length).toBeLessThanOrEqual(Math.max(rows, 8));
  }
}
