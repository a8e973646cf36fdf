import { render } from "ink-testing-library";
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
