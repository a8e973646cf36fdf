import { operatingPoint } from "../bounds/operating-point.ts";
import { UserError } from "../core/errors.ts";
import type { Deployment } from "../scenario/deployment.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { TracePlaces } from "../scenario/trace-file.ts";
import { means, type Prediction } from "../theory/catalogue/prediction.ts";
import type { Foretold } from "../theory/catalogue/predictions.ts";
import { scenarioLoad } from "./scenario-load.ts";

/** The closed form at the batch that `load` solves for, as a prediction among those of queueing theory. */
export function closedFormPoint(scenario: Scenario, deployment: Deployment, places: TracePlaces): Foretold {
  const { architecture, accelerator, layout } = deployment;
  try {
    const load = scenarioLoad(scenario, deployment, places);
    const { steady, utilisation } = operatingPoint(architecture, accelerator, layout, load);
    if (steady === undefined) {
      return { prediction, inapplicable: `overloaded: load ${utilisation.toPrecision(3)}` };
    }
    const { batch, secondsPerToken } = steady;
    return { prediction, figures: means("approximation", { load: utilisation, batch, tokenTime: secondsPerToken }) };
  } catch (error) {
    if (error instanceof UserError) return { prediction, inapplicable: error.message };
    throw error;
  }
}

const prediction: Prediction = {
  name: "closed form at the load's own batch",
  source: "tokens asked for equal tokens made, prompts read in the step (see docs/bounds.md)",
  assumptions: "arrivals and lengths that never fluctuate",
  applies: () => "asked with the scenario itself",
  predict: () => [],
};
