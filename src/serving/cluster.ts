import type { RandomStreams } from "../core/random.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import type { Backlog } from "./backlog.ts";
import type { ServingEvent } from "./events.ts";
import { type KvLinkOptions, KvLinks } from "./kv-link.ts";
import type { QueueOrder } from "./order.ts";
import { firstComeFirstServed } from "./orders/fcfs.ts";
import { type AdvanceMode, Replica, type ReplicaOptions } from "./replica.ts";
import { ReplicaGroup } from "./replica-group.ts";
import type { Request } from "./request.ts";
import type { Routing } from "./router.ts";
import type { StageUse } from "./stage-use.ts";

/** `mixed`: serves requests from the first token to the last; `prefill`: reads their prompts; `decode`: does the rest. */
export type ReplicaRole = "mixed" | "prefill" | "decode";

/** What a replica of a cluster is made from, but for what the cluster knows. */
export interface ClusterReplica
  extends Omit<
    ReplicaOptions,
    "index" | "time" | "mode" | "publish" | "finished" | "backlog" | "order" | "centralQueue" | "handOff"
  > {
  readonly role: ReplicaRole;
}

/** How requests come from replicas that read prompts to replicas that decode. */
export interface Transfer extends KvLinkOptions {
  /** Among the replicas that decode, by the time a prompt has been read. */
  readonly routing: Routing;
  readonly kvBytesPerToken: number;
}

export interface ClusterOptions {
  readonly time: SimulatedTime;
  readonly mode: AdvanceMode;
  readonly publish: (event: ServingEvent) => void;
  /** Told of each request that has emitted its last token, once that is published. */
  readonly finished: (request: Request) => void;
  readonly backlog: Backlog;
  /** Of every queue; first come first served where left out. */
  readonly order?: QueueOrder | undefined;
  readonly streams: RandomStreams;
  /** In order of index. */
  readonly replicas: readonly ClusterReplica[];
  /** Of arrivals, among the replicas that read prompts. */
  readonly routing: Routing;
  /** Needed where prompts are read and outputs decoded apart. */
  readonly transfer?: Transfer;
}

/**
 * Several replicas that serve one stream of requests. Where some only read prompts (Splitwise: Patel et al., ISCA 2024;
 * DistServe: Zhong et al., OSDI 2024), a request emits its first token there; its KV cache then goes over a link to a
 * replica that decodes, chosen as it sets out, and keeps its blocks until it has arrived. There it waits for room and joins
 * the batch with nothing to read, unless it is preempted later: then it is read anew where it decodes.
 */
export class Cluster {
  readonly #replicas: readonly Replica[];
  /** Those that take arrivals. */
  readonly #entry: ReplicaGroup;

  constructor(options: ClusterOptions) {
    const { time, streams, replicas, routing, transfer, backlog, order = firstComeFirstServed } = options;
    this.#entry = new ReplicaGroup(routing, streams("router"), time, order);
    const decode = transfer && new ReplicaGroup(transfer.routing, streams("link/router"), time, order);
    const handOff = transfer && decode && handOffs(options, transfer, decode);
    this.#replicas = replicas.map(({ role, ...own }, index) => {
      const { mode, publish, finished } = options;
      const shared = { index, time, mode, finished, backlog, order, ...own };
      if (role === "mixed") {
        return this.#entry.add(index, publish, (membership) => new Replica({ ...shared, ...membership }));
      }
      if (role === "decode") {
        return decode!.add(index, publish, (membership) => new Replica({ ...shared, ...membership }));
      }
      return this.#entry.add(
        index,
        publish,
        (membership) => new Replica({ ...shared, ...membership, handOff: handOff!(index, membership.publish) }),
        (request) => (request.outputTokens > 1 ? decode!.refusal(request) : undefined),
      );
    });
  }

  /** What each pipeline stage of each replica did so far, trips that have ended. */
  get stageUse(): readonly (readonly StageUse[])[] {
    return this.#replicas.map((replica) => replica.stageUse);
  }

  /** Why it could not serve a request even alone; undefined where it could. */
  refusal(request: Request): string | undefined {
    return this.#entry.refusal(request);
  }

  /** Takes a request in that can be served. */
  submit(request: Request): void {
    this.#entry.choose(request).submit(request);
  }

  /** Ends the run at the present instant: what is under way is cut off. */
  settle(): void {
    for (const replica of this.#replicas) replica.settle();
  }
}

/** What each replica that reads prompts does with a request whose prompt it has read. */
function handOffs({ time, publish, backlog }: ClusterOptions, transfer: Transfer, decode: ReplicaGroup) {
  const links = new KvLinks(time, transfer);
  return (from: number, publishOfSender: ReplicaOptions["publish"]) => (request: Request, release: () => void) => {
    const kvTokens = request.promptTokens;
    backlog.waiting++;
    publishOfSender({
      kind: "handoff",
      atSeconds: time.nowSeconds,
      replica: from,
      request,
      kvTokens,
      waiting: backlog.waiting,
    });
    const to = decode.choose(request);
    const replica = decode.sharesQueue ? undefined : to.index;
    links.between(from, replica).send(kvTokens * transfer.kvBytesPerToken, (queuedSeconds, sentSeconds) => {
      release();
      publish({
        kind: "delivery",
        atSeconds: time.nowSeconds,
        from,
        replica,
        request,
        kvTokens,
        queuedSeconds,
        sentSeconds,
      });
      request.carriedTokens = kvTokens;
      to.enqueue(request);
    });
  };
}
