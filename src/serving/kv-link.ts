import { type Due, Rank } from "../kernel/calendar.ts";
import type { SimulatedTime } from "../kernel/simulated-time.ts";

/** Whose KV caches share one link: all of a system, those that one replica sends, or those that one replica receives. */
export type LinkSharing = "pool" | "sender" | "receiver";

export interface KvLinkOptions {
  readonly bytesPerSecond: number;
  /** From the last byte sent to the last received; the link is free for the next meanwhile. */
  readonly latencySeconds: number;
  readonly sharedBy: LinkSharing;
}

/** Called when a transfer has arrived: how long it waited for the link, and how long it was on it. */
export type Arrived = (queuedSeconds: number, sentSeconds: number) => void;

/** A link that sends one KV cache after another, first come first served: transfers that overlap queue. */
export class KvLink {
  readonly #time: SimulatedTime;
  readonly #options: KvLinkOptions;
  #freeSeconds = 0;

  constructor(time: SimulatedTime, options: KvLinkOptions) {
    this.#time = time;
    this.#options = options;
  }

  send(bytes: number, arrived: Arrived): void {
    const { bytesPerSecond, latencySeconds } = this.#options;
    const now = this.#time.nowSeconds;
    const start = Math.max(now, this.#freeSeconds);
    this.#freeSeconds = start + bytes / bytesPerSecond;
    const arrival = this.#freeSeconds + latencySeconds;
    const due: Due = { fire: () => arrived(start - now, arrival - start) };
    this.#time.at(arrival, Rank.arrival, due);
  }
}

/** The links of a system, each made as it is first used. */
export class KvLinks {
  readonly #time: SimulatedTime;
  readonly #options: KvLinkOptions;
  readonly #links = new Map<number, KvLink>();

  constructor(time: SimulatedTime, options: KvLinkOptions) {
    this.#time = time;
    this.#options = options;
  }

  /** The link from one replica to another, or to several that share a queue. */
  between(from: number, to: number | undefined): KvLink {
    const { sharedBy } = this.#options;
    const end = sharedBy === "sender" ? from : sharedBy === "receiver" ? to : undefined;
    const key = end ?? -1;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const link = new KvLink(this.#time, this.#options);
    this.#links.set(key, link);
    return link;
  }
}
