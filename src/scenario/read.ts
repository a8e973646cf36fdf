import { readFileSync } from "node:fs";
import { parseDocument } from "yaml";
import type { z } from "zod";
import { UserError } from "../core/errors.ts";
import { allowedKeys } from "./allowed-keys.ts";
import { type Scenario, scenarioJsonSchema, scenarioSchema } from "./schema.ts";

/** Reads and checks a scenario file. Throws `UserError` naming the place, what is wrong there and what is allowed. */
export function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new UserError(file, "cannot be read", "a scenario file in YAML");
  }
  return parseScenario(text, file);
}

/** Checks the text of a scenario. */
export function parseScenario(text: string, file = "scenario"): Scenario {
  const document = parseDocument(text);
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const line = syntax.linePos?.[0].line;
    throw new UserError(line === undefined ? file : `${file}:${line}`, syntax.message.split("\n")[0]!, "YAML");
  }
  return checkScenario(document.toJS(), file);
}

/** Checks a scenario given as plain data. */
export function checkScenario(data: unknown, file = "scenario"): Scenario {
  const checked = scenarioSchema.safeParse(data);
  if (!checked.success) throw firstProblem(checked.error.issues, data, file);
  const scenario = checked.data;
  const problem = contradiction(scenario);
  if (problem !== undefined) throw new UserError(`${file}: ${problem.where}`, problem.what, problem.allowed);
  return scenario;
}

/** What no single field shows to be wrong. */
function contradiction({ workload, run, deployment }: Scenario) {
  const isTrace = workload.arrivals.process === "trace";
  for (const part of ["prompt", "output"] as const) {
    if (isTrace && workload[part] !== undefined) {
      return { where: `workload.${part}`, what: "a trace brings its own lengths", allowed: "leave it out" };
    }
    if (!isTrace && workload[part] === undefined) {
      return { where: `workload.${part}`, what: "is missing", allowed: "a length distribution" };
    }
  }
  if (!isTrace && run.requests === undefined && run.horizon === undefined) {
    return { where: "run", what: "would never end", allowed: "`requests`, `horizon`, or both" };
  }
  const { accelerators, layout } = deployment;
  if (accelerators % layout.pipelineStages !== 0) {
    return {
      where: "deployment.layout.pipelineStages",
      what: `${layout.pipelineStages} stages cannot share ${accelerators} accelerators evenly`,
      allowed: "a divisor of the accelerators",
    };
  }
  return undefined;
}

type Issue = z.core.$ZodIssue;

function firstProblem(issues: readonly Issue[], data: unknown, file: string): UserError {
  const issue = deepest(issues[0]!);
  const path = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  const more = issues.length > 1 ? `; and ${issues.length - 1} more` : "";
  const where = `${file}: ${path.replace(/^\./, "") || "the whole"}`;
  if (issue.code === "unrecognized_keys") {
    const allowed = allowedKeys(scenarioJsonSchema(), issue.path, data);
    return new UserError(where, `unknown key ${issue.keys.join(", ")}${more}`, allowed?.join(", "));
  }
  return new UserError(where, `${issue.message.replace(/^Invalid input: /, "")}${more}`, allowedBy(issue));
}

/** Of the alternatives of a union, the one that got furthest tells most. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return issue;
  const branches = issue.errors.map((errors) => errors[0]!).filter((error) => error !== undefined);
  const furthest = branches.reduce((a, b) => (depth(b) > depth(a) ? b : a));
  return deepest({ ...furthest, path: [...issue.path, ...furthest.path] } as Issue);
}

/** A wrong type at the union itself says less than anything found inside an alternative. */
const depth = (issue: Issue): number => issue.path.length * 2 + (issue.code === "invalid_type" ? 0 : 1);

function allowedBy(issue: Issue): string | undefined {
  if (issue.code === "invalid_value") return issue.values.map(String).join(", ");
  if (issue.code === "invalid_union" && "options" in issue) return (issue.options as unknown[]).map(String).join(", ");
  return undefined;
}
