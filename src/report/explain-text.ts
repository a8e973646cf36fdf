import type { BookedCause, ExplainReport } from "../experiment/explain.ts";
import type { Cause } from "../observe/ledger/ledger.ts";
import { columns } from "./columns.ts";
import { count, estimated, nothing, number, percent, unitOf } from "./format.ts";
import { waterfallText } from "./waterfall-text.ts";

const causeNames: Readonly<Record<Cause, string>> = {
  usefulDecode: "Useful decode",
  arrivals: "Batch below its cap: arrivals",
  policy: "Batch below its cap: policy",
  kvCache: "Batch below its cap: KV cache",
  idle: "Idle",
  unevenContexts: "Uneven contexts",
  prefill: "Prefill",
  interference: "Prompt/decode interference",
  recompute: "Recompute after preemption",
  swap: "Swapping",
  padding: "Padding",
  drafting: "Drafting",
  rejectedDrafts: "Rejected drafts",
  moeExcess: "Experts above expectation",
  busiestRank: "Busiest rank",
  pipelineBubble: "Pipeline bubble, stage",
  warmUp: "Warm-up",
  drain: "Drain",
};

/** Less of all time than this is rounding. */
const rounding = 1e-9;

/** The gap ledger of a scenario and the waterfall from the frontier to its run, in plain text. */
export function explainText(report: ExplainReport): string {
  return [heading(report), ledger(report), ...waterfall(report), legend(report)]
    .map((block) => `${block}\n`)
    .join("\n");
}

function heading({ scenario, description, model, accelerators, accelerator, ...rest }: ExplainReport): string {
  const { seed, requests, simulatedSeconds } = rest;
  return [
    description === null ? scenario : `${scenario}: ${description}`,
    `  ${model} on ${accelerators} × ${accelerator}, seed ${seed}`,
    `  ${count(requests.finished)} of ${count(requests.offered)} requests finished in ${number(simulatedSeconds, 4)} s`,
  ].join("\n");
}

function ledger({ ledger: { acceleratorSeconds, causes, fullBatch, contextTokens } }: ExplainReport): string {
  const isBooked = ({ acceleratorSeconds: seconds }: BookedCause) => Math.abs(seconds) > rounding * acceleratorSeconds;
  const unbooked = causes.filter((one) => !isBooked(one)).map(nameOf);
  const price = causes.reduce((sum, { dollarsPerMillionTokens: { value } }) => sum + (value ?? Number.NaN), 0);
  return [
    `Where ${number(acceleratorSeconds, 4)} accelerator-seconds went; useful decode is what output tokens take in batches of`,
    `${Number.isInteger(fullBatch) ? count(fullBatch) : number(fullBatch)} sequences of ${number(contextTokens, 4)} tokens, by the closed form`,
    columns([
      ["", "accelerator-seconds", "share of all", "$/M output tokens"],
      ...causes
        .filter(isBooked)
        .map((one) => [
          `  ${nameOf(one)}`,
          number(one.acceleratorSeconds, 4),
          estimated(one.share, percent),
          estimated(one.dollarsPerMillionTokens, unitOf("$")),
        ]),
      ["  All", number(acceleratorSeconds, 4), "100 %", Number.isNaN(price) ? nothing : `${number(price)} $`],
    ]),
    ...(unbooked.length === 0 ? [] : wrapped(`Nothing was booked to: ${unbooked.join("; ")}.`)),
  ].join("\n");
}

const nameOf = ({ cause, stage }: BookedCause): string =>
  `${causeNames[cause]}${stage === undefined ? "" : ` ${stage}`}`;

const lineWidth = 100;

/** Words in lines of no more than `lineWidth` columns. */
function wrapped(text: string): string[] {
  return text.split(" ").reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= lineWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
    return lines;
  }, []);
}

function waterfall(report: ExplainReport): string[] {
  return report.waterfall === null ? [] : [waterfallText(report.waterfall, report.accelerator)];
}

function legend({ confidenceLevel }: ExplainReport): string {
  return [
    `± is half the width of a ${100 * confidenceLevel} % confidence interval by batch means over this run; ${nothing} stands where`,
    "there is none: the run is too short or too correlated, or the cause comes once. A cause below 0 saves time.",
    "What each cause means: docs/ledger.md.",
  ].join("\n");
}
