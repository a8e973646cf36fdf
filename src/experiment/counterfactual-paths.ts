import { lastValueFrom } from "rxjs";
import type { Pace } from "../kernel/pace.ts";
import { type GapLedger, gapLedger } from "../observe/ledger/gap-ledger.ts";
import { runPlan } from "../scenario/run-plan.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { boundSeen, counterfactual, type Facts, type SwitchName, switchesOf } from "./counterfactual.ts";
import { ledgerOptions } from "./ledger-options.ts";
import { planEvents } from "./plan-events.ts";

/** A run with some causes switched off. */
export interface Switched {
  readonly ledger: GapLedger;
  /** Whether what warm-up and drain cost is left out of its price. */
  readonly leavesOutEnds: boolean;
}

/** Runs with causes switched off one after another, the first and the last run the same in both orders. */
export interface Paths {
  readonly causes: readonly SwitchName[];
  /** With none off, the first, the first two, and so on to all of them. */
  readonly forward: readonly Switched[];
  /** With none off, the last, the last two, and so on. */
  readonly backward: readonly Switched[];
}

export interface PathOptions {
  readonly places: TracePlaces;
  readonly pace: Pace;
  /** Told of each run that is made. */
  readonly onProgress: (run: number, of: number) => void;
}

/** Makes the runs of both paths from a run whose ledger is given. */
export async function counterfactualPaths(facts: Facts, ledger: GapLedger, options: PathOptions): Promise<Paths> {
  const causes = switchesOf(facts);
  const forward = pathOf(causes);
  const backward = pathOf([...causes].reverse());
  const ledgers = new Map([[runName([]), ledger]]);
  const missing = [...new Set([...forward, ...backward].map(runName))].filter((name) => !ledgers.has(name));
  let made = 0;
  for (const off of [...forward, ...backward]) {
    if (ledgers.has(runName(off))) continue;
    ledgers.set(runName(off), await ledgerWithout(facts, off, options));
    options.onProgress(++made, missing.length);
  }
  const switched = (off: readonly SwitchName[]): Switched => ({
    ledger: ledgers.get(runName(off))!,
    leavesOutEnds: off.includes("ends"),
  });
  return { causes, forward: forward.map(switched), backward: backward.map(switched) };
}

/** None, the first, the first two, … */
function pathOf(causes: readonly SwitchName[]): readonly (readonly SwitchName[])[] {
  return Array.from({ length: causes.length + 1 }, (_, count) => causes.slice(0, count));
}

/** What is left out of a price changes nothing of the run. */
function runName(off: readonly SwitchName[]): string {
  return off
    .filter((cause) => cause !== "ends")
    .sort()
    .join();
}

function ledgerWithout(facts: Facts, off: readonly SwitchName[], { places, pace }: PathOptions): Promise<GapLedger> {
  const { scenario, changes, seen } = counterfactual(facts, new Set(off));
  const plan = runPlan(scenario, places, changes);
  const options = ledgerOptions(plan);
  return lastValueFrom(planEvents(plan, pace).pipe(gapLedger({ ...options, bound: boundSeen(options.bound, seen) })));
}
