import type { Architecture } from "./architecture.ts";

/**
 * The same model with about `factor` times the parameters: width, feed-forward width and layers grow as `factor^(1/3)`, the
 * heads' number and width as `factor^(1/6)`; layers are rounded down and heads up, and the key and value heads stay
 * (the model scaling of Erdil 2025's code).
 */
export function scaledArchitecture(architecture: Architecture, factor: number): Architecture {
  const third = factor ** (1 / 3);
  const sixth = factor ** (1 / 6);
  const queryHeads = Math.ceil(architecture.queryHeads * sixth);
  const groups = architecture.queryHeads / architecture.groupSize;
  return {
    ...architecture,
    dModel: architecture.dModel * third,
    dFf: architecture.dFf * third,
    layers: Math.floor(architecture.layers * third),
    queryHeads,
    groupSize: queryHeads / groups,
    headDim: architecture.headDim * sixth,
    source: `${architecture.source}; scaled ${factor}-fold as in Erdil 2025 (arXiv 2506.04645)`,
  };
}
