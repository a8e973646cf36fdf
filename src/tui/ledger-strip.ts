import type { Cause, Ledger } from "../observe/ledger/ledger.ts";
import type { Run } from "./drawing/braille-canvas.ts";
import type { Role } from "./palette.ts";
import { count } from "./text.ts";

/** A piece of the bar that shows where time went. */
export interface LedgerPiece {
  readonly name: string;
  /** Of all accelerator-seconds. */
  readonly share: number;
  readonly mark: string;
  readonly role: Role;
}

/** Useful decode, what else took the most time, and all the rest; none before anything is booked. */
export type LedgerStrip = readonly LedgerPiece[];

export const ledgerHeading = "Time";

const names: Readonly<Record<Cause, string>> = {
  usefulDecode: "useful",
  arrivals: "few arrivals",
  policy: "policy",
  kvCache: "full cache",
  idle: "idle",
  unevenContexts: "uneven contexts",
  prefill: "prefill",
  interference: "interference",
  recompute: "recompute",
  swap: "swaps",
  padding: "padding",
  drafting: "drafting",
  rejectedDrafts: "rejected drafts",
  moeExcess: "experts",
  busiestRank: "busiest rank",
  pipelineBubble: "bubbles",
  warmUp: "warm-up",
  drain: "drain",
};

/** Marks that differ where there are no colours. */
const looks: readonly Pick<LedgerPiece, "mark" | "role">[] = [
  { mark: "█", role: "done" },
  { mark: "▓", role: "batch" },
  { mark: "▒", role: "queue" },
  { mark: "░", role: "kvCache" },
];

export function ledgerStrip(ledger: Ledger | undefined): LedgerStrip {
  if (ledger === undefined || ledger.acceleratorSeconds === 0) return [];
  const { usefulDecode, ...others } = ledger.causes;
  const ordered = Object.entries(others).sort(([, one], [, other]) => other - one) as [Cause, number][];
  const named: (readonly [string, number])[] = [
    [names.usefulDecode, usefulDecode],
    ...ordered.slice(0, looks.length - 2).map(([cause, seconds]) => [names[cause], seconds] as const),
    ["other", ordered.slice(looks.length - 2).reduce((sum, [, seconds]) => sum + seconds, 0)],
  ];
  return named
    .map(([name, seconds], place) => ({ name, share: seconds / ledger.acceleratorSeconds, ...looks[place]! }))
    .filter(({ share }) => Math.abs(share) >= leastShare);
}

/** What reads as 0 %. */
const leastShare = 0.005;
const leastBarColumns = 12;

/** One line: a bar, and what its pieces are as far as they fit. What saves time has no piece, only its figure. */
export function drawLedgerStrip(strip: LedgerStrip, columns: number): Run[] {
  if (strip.length === 0) return [{ text: "nothing booked yet", role: "quiet" }];
  const legends = strip.map(({ name, share }) => ` ${name} ${count(100 * share, "%")}`);
  const shown: string[] = [];
  let left = columns - leastBarColumns;
  for (const legend of legends) {
    if (legend.length + 2 > left) break;
    shown.push(legend);
    left -= legend.length + 2;
  }
  const bar = barOf(strip, leastBarColumns + left);
  return [
    ...bar,
    ...shown.flatMap((legend, place): Run[] => [
      { text: ` ${strip[place]!.mark}`, role: strip[place]!.role },
      { text: legend, role: "quiet" },
    ]),
  ];
}

function barOf(strip: LedgerStrip, columns: number): Run[] {
  const positive = strip.filter(({ share }) => share > 0);
  const all = positive.reduce((sum, { share }) => sum + share, 0);
  let reached = 0;
  const pieces = positive.map(({ share, mark, role }): Run => {
    const from = Math.round((columns * reached) / all);
    reached += share;
    return { text: mark.repeat(Math.round((columns * reached) / all) - from), role };
  });
  return pieces.filter(({ text }) => text !== "");
}
