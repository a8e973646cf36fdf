import type { ServingEvent } from "./events.ts";
import type { Replica } from "./replica.ts";
import type { RequestView } from "./request.ts";
import type { ReplicaLoad } from "./router.ts";

/** The load of a replica, kept up by what it publishes. */
export class OutstandingLoad implements ReplicaLoad {
  readonly index: number;
  requests = 0;
  #toldTokens = 0;
  #replica: Replica | undefined;

  constructor(index: number) {
    this.index = index;
  }

  /** Steps under way have emitted tokens that no event has told. */
  get tokens(): number {
    return this.#toldTokens + (this.#replica?.untoldTokens ?? 0);
  }

  follow(replica: Replica): void {
    this.#replica = replica;
  }

  /** A request was sent to it. */
  add({ promptTokens, emittedTokens }: RequestView): void {
    this.requests++;
    this.#toldTokens += promptTokens + emittedTokens;
  }

  on(event: ServingEvent): void {
    switch (event.kind) {
      case "advance":
        this.#toldTokens += event.decodedTokens + event.prefilled.length;
        break;
      case "finish":
      case "handoff":
      case "rejection":
        this.requests--;
        this.#toldTokens -= event.request.promptTokens + event.request.emittedTokens;
        break;
    }
  }
}
