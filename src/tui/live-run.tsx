import { type Instance, render, useInput, useStdin } from "ink";
import { asyncScheduler, finalize, fromEvent, interval, merge, type Subscription, tap } from "rxjs";
import { hasLedger, ledgerOptions } from "../experiment/ledger-options.ts";
import type { RunOptions } from "../experiment/run.ts";
import { type Frame, frames } from "../observe/frames.ts";
import type { RunPlan } from "../scenario/run-plan.ts";
import { type Command, commandOf } from "./keys.ts";
import { liveViewProps } from "./live-view-props.ts";
import { palette } from "./palette.ts";
import { Steering } from "./steering.ts";
import { LiveView } from "./views/live-view.tsx";

/** Where a run is shown and steered from. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
}

/** Options of a run that show it live and let a person steer it; they change nothing of its results. */
export interface LiveRun extends Pick<RunOptions, "pace" | "stop$" | "beside"> {
  /** Leaves the last picture standing and gives the terminal back; done already when the run has ended or failed. */
  close(): void;
}

const frameMilliseconds = 100;
const usualColumns = 80;
const usualRows = 24;

/** A live view of one run of a plan. The terminal is left alone until the run is under way. */
export function liveRun(plan: RunPlan, terminal: Terminal = process): LiveRun {
  const steering = new Steering(plan);
  const screen = new Screen(plan, steering, terminal);
  return {
    pace: steering.pace,
    stop$: steering.stop$,
    beside: (events$) =>
      events$.pipe(
        frames(interval(frameMilliseconds), plan.expectedRequests, hasLedger(plan) ? ledgerOptions(plan) : undefined),
        tap((frame) => screen.show(frame)),
        finalize(() => screen.close()),
      ),
    close: () => screen.close(),
  };
}

/** The latest frame of a run on a terminal, drawn anew when anything of it changes. */
class Screen {
  readonly #plan: RunPlan;
  readonly #steering: Steering;
  readonly #terminal: Terminal;
  readonly #palette = palette();
  #open: { readonly ink: Instance; readonly listening: Subscription } | undefined;
  #frame: Frame | undefined;
  #ended = false;

  constructor(plan: RunPlan, steering: Steering, terminal: Terminal) {
    this.#plan = plan;
    this.#steering = steering;
    this.#terminal = terminal;
  }

  show(frame: Frame): void {
    this.#frame = frame;
    this.#steering.watch(frame);
    this.#draw();
  }

  close(): void {
    if (this.#open === undefined) return;
    this.#ended = true;
    this.#draw();
    this.#open.listening.unsubscribe();
    this.#open.ink.unmount();
    this.#open = undefined;
    this.#frame = undefined;
  }

  readonly #press = (command: Command): void => {
    this.#steering.press(command);
    this.#draw();
  };

  #draw(): void {
    if (this.#frame === undefined) return;
    const { stdout, stdin } = this.#terminal;
    const props = liveViewProps(this.#plan, this.#frame, {
      columns: stdout.columns ?? usualColumns,
      rows: stdout.rows ?? usualRows,
      controls: this.#steering.controls,
      ended: this.#ended,
      palette: this.#palette,
    });
    const view = (
      <>
        <Keys onCommand={this.#press} />
        <LiveView {...props} />
      </>
    );
    if (this.#open === undefined) {
      const ink = render(view, { stdout, stdin, exitOnCtrlC: false, patchConsole: false });
      this.#open = { ink, listening: this.#listen() };
    } else {
      this.#open.ink.rerender(view);
    }
  }

  /**
   * Ctrl-C is a key while the terminal is in raw mode, and else a signal, at which Ink ends the program unless somebody
   * listens: even to the end of the signal that closes this view.
   */
  #listen(): Subscription {
    const resizing = fromEvent(this.#terminal.stdout, "resize").subscribe(() => this.#draw());
    const signals$ = merge(fromEvent(process, "SIGINT"), fromEvent(process, "SIGTERM"));
    const signalled = signals$.subscribe(() => this.#press("quit"));
    resizing.add(() => asyncScheduler.schedule(() => signalled.unsubscribe()));
    return resizing;
  }
}

function Keys({ onCommand }: { readonly onCommand: (command: Command) => void }) {
  const { isRawModeSupported } = useStdin();
  useInput(
    (input, key) => {
      const command = commandOf(input, key);
      if (command !== undefined) onCommand(command);
    },
    { isActive: isRawModeSupported },
  );
  return null;
}
