import type { Advance, ServingEvent } from "../serving/events.ts";

/** One replica as it stands. */
export interface ReplicaLevel {
  readonly running: number;
  /** Cached tokens as of the latest step of each microbatch, and those of caches on their way from here. */
  readonly kvTokens: number;
}

/** The cache of one microbatch: its tokens since an instant. */
interface Cache {
  readonly tokens: number;
  readonly sinceSeconds: number;
}

interface Levels {
  running: number;
  departingTokens: number;
  /** By microbatch. */
  readonly caches: (Cache | undefined)[];
}

const empty: Cache = { tokens: 0, sinceSeconds: 0 };

/** Follows what runs and what is cached at each replica. */
export class ReplicaLevels {
  readonly #replicas: Levels[] = [];
  /** Requests whose caches are on their way. */
  moving = 0;

  /** By replica, up to the last at which anything has run. */
  get now(): readonly ReplicaLevel[] {
    return this.#replicas.map(({ running, departingTokens, caches }) => ({
      running,
      kvTokens: caches.reduce((sum, cache) => sum + (cache?.tokens ?? 0), departingTokens),
    }));
  }

  /** The cache of a microbatch before an advance of it is followed. */
  cacheBefore({ replica, microbatch }: Advance): Cache {
    return this.#at(replica).caches[microbatch] ?? empty;
  }

  on(event: ServingEvent): void {
    switch (event.kind) {
      case "dispatch":
        this.#at(event.replica).running += event.admitted.length;
        break;
      case "advance": {
        const { replica, microbatch, kvTokens, releasedTokens, atSeconds } = event;
        this.#at(replica).caches[microbatch] = { tokens: kvTokens - releasedTokens, sinceSeconds: atSeconds };
        break;
      }
      case "preemption":
      case "finish":
        this.#at(event.replica).running--;
        break;
      case "handoff":
        this.#at(event.replica).running--;
        this.#at(event.replica).departingTokens += event.kvTokens;
        this.moving++;
        break;
      case "delivery":
        this.#at(event.from).departingTokens -= event.kvTokens;
        this.moving--;
        break;
    }
  }

  #at(replica: number): Levels {
    while (this.#replicas.length <= replica) this.#replicas.push({ running: 0, departingTokens: 0, caches: [] });
    return this.#replicas[replica]!;
  }
}
