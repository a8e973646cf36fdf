import type { Random } from "../../core/random.ts";
import { distinctDraws } from "./layer-draws.ts";

export interface PersistentTokensOptions {
  readonly picks: Float64Array;
  readonly active: number;
  readonly layers: number;
  /** Chance that a token has the experts of its sequence's token before it. */
  readonly persistence: number;
  readonly random: Random;
}

/**
 * Token by token with memory, for each layer: the first token of a sequence follows the last step's token in the same place of the
 * batch, further tokens of a step follow one another as those of a prompt's chunk do.
 * Keeps `k` numbers for each layer and sequence. A place that another sequence takes over keeps its memory.
 */
export function persistentTokens(
  options: PersistentTokensOptions,
): (layer: number, tokens: number, sequences: number, counts: Int32Array) => void {
  const { picks, active, layers, persistence, random } = options;
  const drawSet = distinctDraws(picks, active, random);
  const memory: Int32Array[] = Array.from({ length: layers }, () => new Int32Array(0));
  const remembered = new Int32Array(layers);

  const room = (layer: number, sequences: number): Int32Array => {
    const old = memory[layer]!;
    if (old.length >= sequences * active) return old;
    const wider = new Int32Array(2 * sequences * active);
    wider.set(old);
    memory[layer] = wider;
    return wider;
  };

  return (layer, tokens, sequences, counts) => {
    const sets = room(layer, sequences);
    for (let token = 0; token < tokens; token++) {
      const place = Math.min(token, sequences - 1) * active;
      const hasPast = token >= sequences || token < remembered[layer]!;
      if (!hasPast || random() >= persistence) drawSet(sets, place);
      for (let i = 0; i < active; i++) counts[sets[place + i]!]!++;
    }
    remembered[layer] = Math.max(remembered[layer]!, sequences);
  };
}
