import type { Scenario } from "../scenario/schema.ts";

/** What a command line may state in place of a scenario's own. */
export interface RunOverrides {
  readonly seed?: Scenario["run"]["seed"];
  readonly limit?: number;
  readonly horizon?: number;
  readonly mode?: Scenario["run"]["mode"];
}

/** The scenario with what a command line states in place of its own. */
export function overridden(scenario: Scenario, { seed, limit, horizon, mode }: RunOverrides): Scenario {
  return {
    ...scenario,
    run: {
      ...scenario.run,
      ...(seed !== undefined && { seed }),
      ...(limit !== undefined && { requests: limit }),
      ...(horizon !== undefined && { horizon }),
      ...(mode !== undefined && { mode }),
    },
  };
}
