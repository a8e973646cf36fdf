import { readFileSync } from "node:fs";
import { type Document, parseDocument } from "yaml";
import { UserError } from "../core/errors.ts";
import { deploymentContradiction } from "./deployment-schema.ts";
import { problemOf } from "./problem.ts";
import { queueingContradiction } from "./queueing.ts";
import { type Scenario, scenarioSchema } from "./schema.ts";
import { trafficClasses, workloadContradiction } from "./workload-schema.ts";

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
    const message = syntax.message.split("\n")[0]!.replace(/ at line \d+, column \d+:$/, "");
    throw new UserError(line === undefined ? file : `${file}:${line}`, message, "well-formed YAML");
  }
  return checkScenario(plainData(document, file), file);
}

function plainData(document: Document, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new UserError(file, (error as Error).message, "well-formed YAML");
  }
}

/** Checks a scenario given as plain data. */
export function checkScenario(data: unknown, file = "scenario"): Scenario {
  const checked = scenarioSchema.safeParse(data);
  if (!checked.success) throw problemOf(checked.error.issues, data, file);
  const scenario = checked.data;
  const problem = contradiction(scenario);
  if (problem !== undefined) throw new UserError(`${file}: ${problem.where}`, problem.what, problem.allowed);
  return scenario;
}

/** What no single field shows to be wrong. */
function contradiction(scenario: Scenario) {
  const { workload, run, deployment } = scenario;
  const found = workloadContradiction(workload) ?? queueingContradiction(scenario);
  if (found !== undefined) return found;
  const endless = trafficClasses(workload).some(({ arrivals }) => arrivals.process !== "trace");
  if (endless && run.requests === undefined && run.horizon === undefined) {
    return { where: "run", what: "would never end", allowed: "`requests`, `horizon`, or both" };
  }
  return deploymentContradiction(deployment);
}
