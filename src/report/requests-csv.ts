import type { Advance, ServingEvent } from "../serving/events.ts";
import type { RequestRecord } from "../serving/request.ts";

/** What is known of a request that has not ended. */
interface Live {
  readonly id: number;
  readonly arrivalSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** Empty where the workload has no classes. */
  readonly className: string;
  firstTokenSeconds: number | undefined;
  preemptions: number;
}

export const requestsCsvHeader =
  "id,arrival_s,prompt_tokens,output_tokens,first_token_s,finish_s,preemptions,outcome,class\n";

/**
 * Writes one CSV line for each request in order of arrival, as soon as it and all before it have ended; keeps only what
 * is not yet written. Instants that never came are empty.
 */
export class RequestsCsv {
  readonly #write: (text: string) => void;
  readonly #live = new Map<number, Live>();
  /** Lines that wait for an earlier request to end. */
  readonly #ready = new Map<number, string>();
  #next = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
    write(requestsCsvHeader);
  }

  on(event: ServingEvent): void {
    switch (event.kind) {
      case "arrival":
        this.#live.set(event.request.id, facts(event.request));
        break;
      case "advance":
        this.#noteFirstTokens(event);
        break;
      case "preemption":
        this.#live.get(event.request.id)!.preemptions++;
        break;
      case "rejection":
        this.#end(line(facts(event.request), undefined, "rejected"), event.request.id);
        break;
      case "finish":
        this.#end(line(this.#live.get(event.request.id)!, event.atSeconds, "finished"), event.request.id);
        break;
      case "end":
        for (const live of [...this.#live.values()]) this.#end(line(live, undefined, "unfinished"), live.id);
        break;
    }
  }

  #noteFirstTokens({ prefilled, atSeconds }: Advance): void {
    for (const { id } of prefilled) this.#live.get(id)!.firstTokenSeconds ??= atSeconds;
  }

  #end(text: string, id: number): void {
    this.#live.delete(id);
    this.#ready.set(id, text);
    for (let next = this.#ready.get(this.#next); next !== undefined; next = this.#ready.get(this.#next)) {
      this.#write(next);
      this.#ready.delete(this.#next++);
    }
  }
}

function facts({ id, arrivalSeconds, promptTokens, outputTokens, className = "" }: RequestRecord): Live {
  return { id, arrivalSeconds, promptTokens, outputTokens, className, firstTokenSeconds: undefined, preemptions: 0 };
}

function line(live: Live, finishSeconds: number | undefined, outcome: string): string {
  const { id, arrivalSeconds, promptTokens, outputTokens, firstTokenSeconds = "", preemptions, className } = live;
  const figures = [id, arrivalSeconds, promptTokens, outputTokens, firstTokenSeconds, finishSeconds ?? "", preemptions];
  return `${figures.join(",")},${outcome},${field(className)}\n`;
}

/** A name in CSV: in quotes where it would be taken apart (RFC 4180). */
function field(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
