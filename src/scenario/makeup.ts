import type { Deployment } from "./deployment.ts";

/** The size of a pool. */
export interface PoolSize {
  readonly name: string;
  readonly replicas: number;
  /** Of each replica. */
  readonly accelerators: number;
  readonly accelerator: string;
}

/** What a deployment consists of, in words: `8 × H100`, `4 × 8 × H100` of several replicas, `a 2 × 8 × H100, b 1 × 4 × H200` of pools. */
export function makeup(pools: readonly PoolSize[]): string {
  const sizes = pools.map(({ replicas, accelerators, accelerator }) =>
    [...(replicas > 1 || pools.length > 1 ? [replicas] : []), accelerators, accelerator].join(" × "),
  );
  return pools.length === 1 ? sizes[0]! : pools.map(({ name }, place) => `${name} ${sizes[place]}`).join(", ");
}

export function poolSizes({ pools }: Deployment): readonly PoolSize[] {
  return pools.map(({ name, replicas }) => {
    const [{ accelerators, accelerator }] = replicas as [(typeof replicas)[number]];
    return { name, replicas: replicas.length, accelerators, accelerator: accelerator.name };
  });
}
