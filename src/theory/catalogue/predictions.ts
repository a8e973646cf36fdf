import { asymptoticBounds, pipeline, preempted, randomExperts, saturated, thinkingUsers } from "./closed-loops.ts";
import { birthDeath, fluid, uncapped, wholeSteps } from "./joined-batches.ts";
import {
  anyArrivalsToOneServer,
  constantServersBehindOneQueue,
  generalServersBehindOneQueue,
  markovServersBehindOneQueue,
  oneConstantServer,
  oneGeneralServer,
  tandem,
} from "./one-at-a-time.ts";
import type { PredictedFigure, Prediction } from "./prediction.ts";
import { promptsBeside, promptsFirst } from "./prompts-and-decodes.ts";
import type { ServingShape } from "./shape.ts";
import { bulk } from "./whole-batches.ts";

/** Every prediction under queueing, from the exact and narrow to the general. */
export const predictions: readonly Prediction[] = [
  saturated,
  preempted,
  pipeline,
  randomExperts,
  oneConstantServer,
  constantServersBehindOneQueue,
  markovServersBehindOneQueue,
  oneGeneralServer,
  anyArrivalsToOneServer,
  generalServersBehindOneQueue,
  tandem,
  uncapped,
  wholeSteps,
  birthDeath,
  bulk,
  promptsFirst,
  promptsBeside,
  thinkingUsers,
  asymptoticBounds,
  fluid,
];

/** What a prediction that applies says. */
export interface Told {
  readonly prediction: Prediction;
  readonly figures: readonly PredictedFigure[];
}

/** What one prediction says of a shape: figures, or why it says nothing. */
export type Foretold = Told | { readonly prediction: Prediction; readonly inapplicable: string };

/** Asks every prediction of the catalogue about a shape. */
export function foretell(shape: ServingShape): Foretold[] {
  return predictions.map((prediction) => {
    const applies = prediction.applies(shape);
    return applies === true
      ? { prediction, figures: prediction.predict(shape) }
      : { prediction, inapplicable: applies };
  });
}
