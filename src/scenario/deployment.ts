import { kvBytesPerToken } from "../bounds/architecture.ts";
import { UserError } from "../core/errors.ts";
import { type RandomStreams, randomStreams } from "../core/random.ts";
import type { RouterOptions } from "../serving/routers.ts";
import { type LinkOptions, type PoolRole, poolsOf } from "./deployment-schema.ts";
import { architectureOf } from "./hardware-schema.ts";
import { type ReplicaDeployment, replicaDeployment } from "./replica-deployment.ts";
import type { Scenario } from "./schema.ts";

/** Replicas that are alike. */
export interface Pool {
  readonly name: string;
  readonly role: PoolRole;
  readonly policy: Scenario["policy"];
  /** Its place in the scenario. */
  readonly where: string;
  /** The same but for their random numbers. */
  readonly replicas: readonly ReplicaDeployment[];
}

/** The way of KV caches from replicas that read prompts to replicas that decode. */
export interface LinkDeployment extends Pick<LinkOptions, "sharedBy"> {
  readonly bytesPerSecond: number;
  readonly latencySeconds: number;
  readonly kvBytesPerToken: number;
  /** Of KV caches; undefined where there is but one replica for them. */
  readonly router: RouterOptions | undefined;
}

/**
 * All that serves a scenario's requests. Accelerators, KV capacity, peak FLOP/s and price are those of all replicas together;
 * the rest is that of `replica`.
 */
export interface Deployment extends ReplicaDeployment {
  /** One that decodes, the first where they differ. */
  readonly replica: ReplicaDeployment;
  readonly pools: readonly Pool[];
  readonly replicas: number;
  /** Of those, that decode: none of a prefill pool. */
  readonly decodingReplicas: number;
  /** Whether one closed form speaks for all replicas that decode. */
  readonly decodesAlike: boolean;
  /** Of arrivals; undefined where there is but one replica for them. */
  readonly router: RouterOptions | undefined;
  readonly link: LinkDeployment | undefined;
}

/**
 * The deployment of a scenario, each replica changed where it is to be other than stated. Throws `UserError` where the model
 * does not fit or an accelerator does not support its weights.
 */
export function deploymentOf(
  scenario: Scenario,
  change: (replica: ReplicaDeployment) => ReplicaDeployment = (replica) => replica,
): Deployment {
  const architecture = architectureOf(scenario.model);
  const streams = randomStreams(scenario.run.seed);
  const { router } = scenario.deployment;
  let index = 0;
  const pools = poolsOf(scenario.deployment).map((options): Pool => {
    const { name, role, policy = scenario.policy, where } = options;
    const built = () => change(replicaDeployment(scenario, architecture, options, streamsOf(streams, index++)));
    const one = built();
    // What draws nothing may as well be shared.
    const next = one.experts === undefined && one.speculation === undefined ? () => one : built;
    return { name, role, policy, where, replicas: [one, ...Array.from({ length: options.replicas - 1 }, next)] };
  });
  if (pools.length > 1 && pools.some(({ replicas: [one] }) => one!.experts !== undefined)) {
    throw new UserError("experts", "are followed in one pool only", "replicas in place of pools, or no experts");
  }
  const all = pools.flatMap(({ replicas }) => replicas);
  const replicasIn = (...roles: readonly PoolRole[]) =>
    pools.filter(({ role }) => roles.includes(role)).flatMap(({ replicas }) => replicas);
  const [first] = replicasIn("mixed", "decode");
  const total = (of: "accelerators" | "kvCapacityTokens" | "peakFlopPerSecond" | "dollarsPerHour") =>
    all.reduce((sum, replica) => sum + replica[of], 0);
  return {
    ...first!,
    replica: first!,
    accelerators: total("accelerators"),
    kvCapacityTokens: total("kvCapacityTokens"),
    peakFlopPerSecond: total("peakFlopPerSecond"),
    dollarsPerHour: total("dollarsPerHour"),
    pools,
    replicas: all.length,
    decodingReplicas: replicasIn("mixed", "decode").length,
    decodesAlike: replicasIn("mixed", "decode").every((one) => isAlike(one, first!)),
    router: replicasIn("mixed", "prefill").length > 1 ? (router ?? { name: "round-robin" }) : undefined,
    link: linkOf(scenario.deployment.link, replicasIn("decode").length, first!),
  };
}

/** The first replica draws what it would draw alone. */
function streamsOf(streams: RandomStreams, index: number): RandomStreams {
  return index === 0 ? streams : (purpose) => streams(`${purpose}/replica ${index}`);
}

function isAlike(one: ReplicaDeployment, other: ReplicaDeployment): boolean {
  const { layout: a } = one;
  const { layout: b } = other;
  return (
    JSON.stringify(one.accelerator) === JSON.stringify(other.accelerator) &&
    a.tensorParallel === b.tensorParallel &&
    a.tensorRanks === b.tensorRanks &&
    a.pipelineStages === b.pipelineStages
  );
}

function linkOf(
  options: LinkOptions | undefined,
  receivers: number,
  { architecture }: ReplicaDeployment,
): LinkDeployment | undefined {
  if (options === undefined) return undefined;
  const { bandwidth, latency, sharedBy, router = { name: "least-requests" } } = options;
  return {
    bytesPerSecond: bandwidth,
    latencySeconds: latency,
    sharedBy,
    kvBytesPerToken: kvBytesPerToken(architecture),
    router: receivers > 1 ? router : undefined,
  };
}
