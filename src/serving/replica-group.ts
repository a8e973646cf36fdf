import type { Random } from "../core/random.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";
import { CentralQueue } from "./central-queue.ts";
import type { ServingEvent } from "./events.ts";
import type { QueueOrder } from "./order.ts";
import { OutstandingLoad } from "./outstanding-load.ts";
import type { Replica, ReplicaOptions } from "./replica.ts";
import type { Request } from "./request.ts";
import { type Router, type Routing, sharedQueue } from "./router.ts";

/** Why a replica could not serve a request even alone; undefined where it could. */
export type RefusalOf = (request: Request) => string | undefined;

interface Member {
  readonly replica: Replica;
  readonly load: OutstandingLoad;
  readonly refusal: RefusalOf;
}

/** What a replica of a group is made with. */
export type Membership = Pick<ReplicaOptions, "publish" | "centralQueue">;

/** Replicas that do the same for requests, among which these are shared out: by a router, or by one queue before all. */
export class ReplicaGroup {
  readonly #members: Member[] = [];
  readonly #router: Router | undefined;
  readonly #queue: CentralQueue | undefined;

  constructor(routing: Routing, random: Random, time: SimulatedTime, order: QueueOrder) {
    if (routing === sharedQueue) this.#queue = new CentralQueue(time, order);
    else this.#router = routing(random);
  }

  /** Whether a request waits before all of them together. */
  get sharesQueue(): boolean {
    return this.#queue !== undefined;
  }

  /** Adds a replica, the next by index; `refusal` says what it could not serve, where that is not its own to know. */
  add(
    index: number,
    publish: (event: ServingEvent) => void,
    make: (membership: Membership) => Replica,
    refusal?: RefusalOf,
  ): Replica {
    const load = new OutstandingLoad(index);
    const replica = make({
      publish: (event) => {
        load.on(event);
        publish(event);
      },
      ...(this.#queue && { centralQueue: this.#queue }),
    });
    load.follow(replica);
    const refuses: RefusalOf = (request) => replica.refusal(request) ?? refusal?.(request);
    this.#members.push({ replica, load, refusal: refuses });
    return replica;
  }

  /** Why a request cannot be served: no replica could serve it, or, where any may be the one to take it, one could not. */
  refusal(request: Request): string | undefined {
    const reasons = this.#members.map(({ refusal }) => refusal(request));
    if (this.sharesQueue) return reasons.find((reason) => reason !== undefined);
    return reasons.includes(undefined) ? undefined : reasons[0];
  }

  /** The replica for a request that can be served: its own, or any where they share a queue. */
  choose(request: Request): Replica {
    const able = this.#members.filter(({ refusal }) => refusal(request) === undefined);
    const place = this.#router?.choose(
      request,
      able.map(({ load }) => load),
    );
    const { replica, load } = able[place ?? 0]!;
    load.add(request);
    return replica;
  }
}
