/** What a request promises to its user; a bound that is left out always holds. */
export interface ServiceLevel {
  readonly ttftSeconds?: number;
  readonly tpotSeconds?: number;
  readonly e2eSeconds?: number;
}

/** Where a request stands in a conversation of several turns. */
export interface SessionTurn {
  readonly id: string;
  /** 0 for the first. */
  readonly turn: number;
  /** So many tokens of its prompt, from the start, are the prompt and output of the turn before it. */
  readonly repeatedTokens: number;
}

/** What a workload asks of the system. */
export interface RequestSpec {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** The class of traffic that it belongs to. */
  readonly className?: string | undefined;
  /** The smaller, the sooner. */
  readonly priority?: number | undefined;
  readonly slo?: ServiceLevel | undefined;
  readonly session?: SessionTurn | undefined;
  /** Names of the leading full blocks of its prompt and, where they are known, of its answer; equal names hold equal tokens. */
  readonly prefixHashes?: readonly number[] | undefined;
}

/** What a policy may know of a request: everything but how long its output will be. */
export interface RequestView {
  /** Requests are numbered from 0 in order of arrival. */
  readonly id: number;
  readonly arrivalSeconds: number;
  readonly className?: string | undefined;
  /** The smaller, the sooner. */
  readonly priority: number;
  readonly slo?: ServiceLevel | undefined;
  readonly promptTokens: number;
  /** What a predictor said of its output as it arrived; NaN where none was asked. */
  readonly predictedOutputTokens: number;
  readonly emittedTokens: number;
  readonly preemptions: number;
  /** Tokens of its KV cache that come with it as it is admitted: all that it has read, or none. */
  readonly carriedTokens: number;
}

/** What an observer may know of a request; instants that have not come are NaN. */
export interface RequestRecord extends RequestView, RequestSpec {
  readonly priority: number;
  /** When it first left the queue. */
  readonly admittedSeconds: number;
  readonly firstTokenSeconds: number;
  readonly lastTokenSeconds: number;
  readonly finishSeconds: number;
}

/** A request on its way through a replica; the replica alone changes it. */
export class Request implements RequestRecord {
  readonly id: number;
  readonly arrivalSeconds: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  readonly className: string | undefined;
  readonly priority: number;
  readonly slo: ServiceLevel | undefined;
  readonly session: SessionTurn | undefined;
  readonly prefixHashes: readonly number[] | undefined;
  predictedOutputTokens = Number.NaN;
  admittedSeconds = Number.NaN;
  firstTokenSeconds = Number.NaN;
  lastTokenSeconds = Number.NaN;
  finishSeconds = Number.NaN;
  emittedTokens = 0;
  /** Tokens from the start that were in a cache before it was preempted. */
  computedTokens = 0;
  preemptions = 0;
  carriedTokens = 0;

  constructor(id: number, arrivalSeconds: number, spec: RequestSpec) {
    this.id = id;
    this.arrivalSeconds = arrivalSeconds;
    this.promptTokens = spec.promptTokens;
    this.outputTokens = spec.outputTokens;
    this.className = spec.className;
    this.priority = spec.priority ?? 0;
    this.slo = spec.slo;
    this.session = spec.session;
    this.prefixHashes = spec.prefixHashes;
  }

  /** Tokens that its next prefill reads, unless its cache comes with it: its prompt and, after a preemption, what it had already emitted. */
  get prefillTokens(): number {
    return this.promptTokens + this.emittedTokens;
  }

  /** Tokens in its KV cache at its very end: the last token it emits is never read. */
  get finalKvTokens(): number {
    return this.promptTokens + this.outputTokens - 1;
  }
}

/** Whether a request that is admitted now had not been before: it was neither preempted nor handed off. */
export function isFirstAdmission({ preemptions, emittedTokens }: RequestView): boolean {
  return preemptions === 0 && emittedTokens === 0;
}
