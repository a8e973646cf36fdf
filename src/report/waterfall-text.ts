import type { SwitchName } from "../experiment/counterfactual.ts";
import type { Waterfall, WaterfallPoint } from "../experiment/waterfall.ts";
import { columns } from "./columns.ts";
import { count, estimated, number, unitOf } from "./format.ts";

const switchNames: Readonly<Record<SwitchName, string>> = {
  ends: "warm-up and drain",
  arrivals: "arrivals",
  policy: "policy",
  kvCache: "KV cache",
  drafts: "drafts",
  prompts: "prompts",
  contexts: "uneven contexts",
  stages: "cut of stages",
  experts: "experts drawn",
};

/** A line of the waterfall: a level that stands on the ground, or what leads from one to the next. */
interface Line {
  readonly name: string;
  readonly price: string;
  readonly range: string;
  readonly from: number;
  readonly to: number;
  readonly isLevel: boolean;
}

const barColumns = 32;
const dollars = unitOf("$");

/** Steps below this share of the run's price are rounding. */
const rounding = 1e-9;

/** The way from the frontier's price to the run's, as a table with bars. */
export function waterfallText(waterfall: Waterfall, accelerator: string): string {
  const { tokensPerSecondPerRequest, contextTokens } = waterfall;
  const lines = linesOf(waterfall, accelerator);
  const greatest = Math.max(...lines.flatMap(({ from, to }) => [from, to]));
  return [
    "From the frontier to this run: dollars for a million output tokens, at the run's own speed of",
    `${number(tokensPerSecondPerRequest)} tokens/s/request and its own mean context of ${number(contextTokens, 4)} tokens`,
    columns(
      [
        ["", "", "by order", ""],
        ...lines.map((line) => [`  ${line.name}`, line.price, line.range, bar(line, greatest)]),
      ],
      "text",
    ),
    "Causes depend on one another: each is the mean of what it adds when causes are switched off one after another",
    "from the last line up, and from the first one down, with the same requests and random numbers; by order is both.",
  ].join("\n");
}

function linesOf(waterfall: Waterfall, accelerator: string): Line[] {
  const { frontier, bestBatch, fullBatch, steps } = waterfall;
  const { realisedDollarsPerMillionTokens: realised, unexplainedDollarsPerMillionTokens: unexplained } = waterfall;
  const lines: Line[] = [];
  let reached = 0;
  const level = (name: string, value: number, price = `${number(value)} $`) => {
    lines.push({ name, price, range: "", from: 0, to: value, isLevel: true });
    reached = value;
  };
  const step = (name: string, by: number, price = signed(by), range = "") => {
    lines.push({ name: `  ${name}`, price, range, from: reached, to: reached + by, isLevel: false });
    reached += by;
  };
  const own = "this deployment";
  if (frontier !== null) level(`frontier: ${described(frontier, accelerator)}`, frontier.dollarsPerMillionTokens);
  if (bestBatch !== null) {
    if (frontier !== null) step("size and layout", bestBatch.dollarsPerMillionTokens - reached);
    level(`${own}, as fast: batch ${size(bestBatch.batch)}`, bestBatch.dollarsPerMillionTokens);
    const drafted = steps.some(({ cause }) => cause === "drafts");
    step(drafted ? "its batch cap, no drafts" : "its batch cap", fullBatch.dollarsPerMillionTokens - reached);
  }
  level(`${own}, full: batch ${size(fullBatch.batch)}`, fullBatch.dollarsPerMillionTokens);
  const least = rounding * Math.abs(realised.value ?? 0);
  for (const { cause, dollarsPerMillionTokens, ...orders } of [...steps].reverse()) {
    const value = dollarsPerMillionTokens.value ?? 0;
    const { forwardDollarsPerMillionTokens: forward, backwardDollarsPerMillionTokens: backward } = orders;
    if (Math.max(Math.abs(forward), Math.abs(backward)) <= least) continue;
    const price = `${value < 0 ? "" : "+"}${estimated(dollarsPerMillionTokens, dollars)}`;
    const [low, high] = [Math.min(forward, backward), Math.max(forward, backward)];
    step(switchNames[cause], value, price, `${signed(low)} to ${signed(high)}`);
  }
  if (Math.abs(unexplained) > least) step("unexplained", unexplained);
  level("this run", realised.value ?? 0, estimated(realised, dollars));
  return lines;
}

function described({ accelerators, batch, tensorParallel, tensorRanks, pipelineStages }: WaterfallPoint, name: string) {
  const cut = `${tensorParallel === "2d" ? "2-D" : "1-D"} over ${tensorRanks}`;
  const stages = pipelineStages === 1 ? "" : `, ${pipelineStages} stages`;
  return `${accelerators} × ${name}, ${cut}${stages}, batch ${size(batch)}`;
}

const size = (batch: number): string => (Number.isInteger(batch) ? count(batch) : number(batch));
const signed = (value: number): string => `${value < 0 ? "" : "+"}${number(value)} $`;

/** A bar from one value to another on a line that reaches to the greatest; at least one mark. */
function bar({ from, to, isLevel }: Line, greatest: number): string {
  const place = (value: number) => Math.round((barColumns * value) / greatest);
  const left = Math.min(place(Math.min(from, to)), barColumns - 1);
  const length = Math.max(1, place(Math.max(from, to)) - left);
  const mark = isLevel ? "█" : to >= from ? "▒" : "░";
  return " ".repeat(left) + mark.repeat(length);
}
