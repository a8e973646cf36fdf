import type { TracePlaces } from "../scenario/trace-file.ts";

/** Where the traces of a scenario are looked for: a file that was named, beside the scenario, in BATCHYARD_TRACES. */
export function tracePlaces(scenarioFile: string, traceFile: string | undefined): TracePlaces {
  const tracesFolder = process.env.BATCHYARD_TRACES;
  return {
    scenarioFile,
    ...(traceFile !== undefined && { traceFile }),
    ...(tracesFolder !== undefined && { tracesFolder }),
  };
}
