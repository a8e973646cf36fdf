import { Observable, type Subscriber } from "rxjs";
import { z } from "zod";
import { part } from "../../core/catalogue.ts";
import { type Due, Rank } from "../../kernel/calendar.ts";
import { prefixBlockTokens } from "../../serving/prefix-cache.ts";
import type { RequestRecord, RequestSpec } from "../../serving/request.ts";
import { instants } from "../instants.ts";
import type { LengthDistribution } from "../lengths/length-distribution.ts";
import { tailSums } from "../lengths/tail-sums.ts";
import { lengths } from "../lengths.ts";
import type { RequestMoments } from "../request-moments.ts";
import type { ArrivalContext, ArrivalProcess } from "./arrival-process.ts";
import { atInstants } from "./open-loop.ts";
import { thinkTimeOptions, thinkTimes } from "./think-time.ts";

export const sessions = part({
  summary: "conversations of several turns: each prompt is all that was said before and what is new",
  options: z.strictObject({
    starts: instants.schema.describe("when a session's first turn comes"),
    turns: lengths.schema.describe("turns of a session, where a length says tokens"),
    ...thinkTimeOptions,
  }),
  build({ starts: startOptions, turns: turnOptions, ...think }): ArrivalProcess {
    const starts = instants.build(startOptions);
    const turns = lengths.build(turnOptions);
    return {
      namesPrefixes: true,
      offered: ({ lengths: fresh }) => ({
        requestsPerSecond: starts.meanRate === undefined ? undefined : starts.meanRate * turns.mean,
        lengths: fresh && sessionMoments(fresh, turns),
      }),
      arrivals(context) {
        const { random, draw } = context;
        const drawTurns = turns.sampler(random);
        const thinkSeconds = thinkTimes(think, random);
        // All of a session is drawn at its start, so that its numbers do not depend on when answers come.
        const script = (): Turn[] =>
          Array.from({ length: drawTurns() }, () => ({ thinkSeconds: thinkSeconds(), fresh: draw() }));
        return new Observable((subscriber) => {
          const open = new OpenSessions(context, subscriber);
          subscriber.add(() => open.end());
          subscriber.add(context.ended$.subscribe((ended) => open.answer(ended)));
          subscriber.add(atInstants(starts, context, () => open.start(script())).subscribe(subscriber));
        });
      },
    };
  },
});

interface Turn {
  /** How long after the answer before it; not used for the first. */
  readonly thinkSeconds: number;
  /** What the prompt adds to all that was said before, and the answer. */
  readonly fresh: RequestSpec;
}

/** The conversations that wait for an answer or think about one. */
class OpenSessions {
  readonly #context: ArrivalContext;
  readonly #subscriber: Subscriber<RequestSpec>;
  readonly #sessions = new Map<string, Session>();
  #started = 0;
  #namedBlocks = 0;

  constructor(context: ArrivalContext, subscriber: Subscriber<RequestSpec>) {
    this.#context = context;
    this.#subscriber = subscriber;
  }

  start(script: readonly Turn[]): void {
    const { className } = this.#context;
    const number = this.#started++;
    const id = className === undefined ? `${number}` : `${className}/${number}`;
    const session = new Session(id, script, this.#namedBlocks, this.#subscriber);
    this.#namedBlocks += fullBlocks(
      script.reduce((sum, { fresh }) => sum + fresh.promptTokens + fresh.outputTokens, 0),
    );
    this.#sessions.set(id, session);
    session.fire();
  }

  /** No turn that is still to come will. */
  end(): void {
    const sessions = new Set<Due>(this.#sessions.values());
    this.#context.time.withdraw((due) => sessions.has(due));
  }

  /** The next turn comes after a think time; who is turned away gives up, having no answer to go on from. */
  answer({ session: turn, finishSeconds }: RequestRecord): void {
    const session = turn && this.#sessions.get(turn.id);
    if (session === undefined) return;
    const next = session.next;
    if (next === undefined || Number.isNaN(finishSeconds)) this.#sessions.delete(turn!.id);
    else this.#context.time.after(next.thinkSeconds, Rank.arrival, session);
  }
}

/** One conversation: each firing is its next turn. */
class Session implements Due {
  readonly #id: string;
  readonly #script: readonly Turn[];
  /** Its blocks have this name and the next ones. */
  readonly #firstName: number;
  readonly #subscriber: Subscriber<RequestSpec>;
  #turn = 0;
  #contextTokens = 0;

  constructor(id: string, script: readonly Turn[], firstName: number, subscriber: Subscriber<RequestSpec>) {
    this.#id = id;
    this.#script = script;
    this.#firstName = firstName;
    this.#subscriber = subscriber;
  }

  get next(): Turn | undefined {
    return this.#script[this.#turn];
  }

  fire(): void {
    const { fresh } = this.next!;
    const session = { id: this.#id, turn: this.#turn++, repeatedTokens: this.#contextTokens };
    const promptTokens = this.#contextTokens + fresh.promptTokens;
    this.#contextTokens = promptTokens + fresh.outputTokens;
    const length = fullBlocks(this.#contextTokens);
    const prefixHashes = Array.from({ length }, (_, place) => this.#firstName + place);
    this.#subscriber.next({ promptTokens, outputTokens: fresh.outputTokens, session, prefixHashes });
  }
}

const fullBlocks = (tokens: number): number => Math.floor(tokens / prefixBlockTokens);

/**
 * Moments over the turns of sessions. A turn's prompt is what all turns before it said and its own new tokens; one that
 * follows n others is in a session with probability P(turns > n), so that a mean over requests weighs each n with it.
 */
function sessionMoments({ prompt, output, meanProduct }: RequestMoments, turns: LengthDistribution): RequestMoments {
  const { zeroth, first, second } = tailSums(turns);
  const before = first / zeroth;
  const beforeVariance = second / zeroth - before ** 2;
  const said = prompt.mean + output.mean;
  const saidVariance = prompt.variance + output.variance + 2 * (meanProduct - prompt.mean * output.mean);
  return {
    prompt: {
      mean: before * said + prompt.mean,
      variance: before * saidVariance + prompt.variance + beforeVariance * said ** 2,
    },
    output,
    meanProduct: before * said * output.mean + meanProduct,
  };
}
