import type { OperatingFigures } from "../bounds/closed-form.ts";
import { describedPoint } from "../bounds/frontier/described-point.ts";
import { type ExactQuestion, exactFrontier } from "../bounds/frontier/exact-frontier.ts";
import { preferredPoint, publishedFrontier } from "../bounds/frontier/published-frontier.ts";
import type { FrontierQuestion } from "../bounds/frontier/question.ts";
import { type RelaxationGain, relaxationGain } from "../bounds/frontier/relaxation.ts";
import type { Layout } from "../bounds/layout.ts";

/** The paper's fractional grid, or every deployment that exists. */
export const frontierGrids = ["published", "exact"] as const;
export type FrontierGrid = (typeof frontierGrids)[number];

/** What the exact grid can be held to beyond the question. */
export type ExactLimits = Omit<ExactQuestion, keyof FrontierQuestion>;

/** One point of a curve: how it serves, and what binds it. */
export interface CurvePoint extends OperatingFigures {
  readonly accelerators: number;
  readonly batch: number;
  readonly replicas: number;
  readonly layout: Layout;
  readonly draftTokens: number;
  readonly binding: string;
}

/** One frontier with what was asked. */
export interface FrontierCurve {
  readonly name: string;
  readonly model: string;
  readonly accelerator: string;
  readonly weightBits: number;
  readonly contextTokens: number;
  readonly demandCapTokensPerSecond: number | null;
  readonly speculation: { readonly draft: string; readonly acceptance: number; readonly maxDraftTokens: number } | null;
  /** Fastest first; null where nothing serves the question. */
  readonly fastest: CurvePoint | null;
  /** The point of the largest speed⁴ per dollar. */
  readonly preferred: CurvePoint | null;
  readonly cheapest: CurvePoint | null;
  /** What the published grid gains by its fractions over the deployments that exist; null on the exact grid. */
  readonly relaxation: RelaxationGain | null;
  readonly points: readonly CurvePoint[];
}

export interface FrontierReport {
  readonly title: string;
  readonly grid: FrontierGrid;
  readonly curves: readonly FrontierCurve[];
}

function pointsOf(question: FrontierQuestion, grid: FrontierGrid, limits: ExactLimits): readonly CurvePoint[] {
  if (grid === "exact") return exactFrontier({ ...question, ...limits });
  return publishedFrontier(question).map((point) => ({ ...describedPoint(question, point), replicas: 1 }));
}

function curveOf(name: string, question: FrontierQuestion, grid: FrontierGrid, limits: ExactLimits): FrontierCurve {
  const { architecture, accelerator, contextTokens, demandCapTokensPerSecond, speculation } = question;
  const points = pointsOf(question, grid, limits);
  const relaxation = grid === "published" ? relaxationGain(points, exactFrontier(question)) : undefined;
  return {
    name,
    model: architecture.name,
    accelerator: accelerator.name,
    weightBits: 8 * architecture.weightBytes,
    contextTokens,
    demandCapTokensPerSecond: demandCapTokensPerSecond ?? null,
    speculation: speculation === undefined ? null : { ...speculation, draft: speculation.draft.name },
    fastest: points[0] ?? null,
    preferred: preferredPoint(points) ?? null,
    cheapest: points.at(-1) ?? null,
    relaxation: relaxation ?? null,
    points,
  };
}

/** Draws the frontier of each question. Throws `UserError` for a question or a limit that cannot be computed with. */
export function frontierReport(
  title: string,
  questions: Readonly<Record<string, FrontierQuestion>>,
  grid: FrontierGrid,
  limits: ExactLimits = {},
): FrontierReport {
  const curves = Object.entries(questions).map(([name, question]) => curveOf(name, question, grid, limits));
  return { title, grid, curves };
}
