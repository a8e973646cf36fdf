import { InvariantError } from "../../core/errors.ts";

/**
 * The load itself, if it is below one: at one and above a queue grows without end and has no long-run figures.
 *
 * @throws InvariantError otherwise; ask `applies` of the catalogue first.
 */
export function stableLoad(load: number): number {
  if (!(load < 1)) throw new InvariantError(`load ${load} is not below 1: the queue has no long-run figures`);
  return load;
}
