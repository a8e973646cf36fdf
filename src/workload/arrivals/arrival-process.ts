import type { Observable } from "rxjs";
import type { Random } from "../../core/random.ts";
import type { SimulatedTime } from "../../kernel/simulated-time.ts";
import type { RequestRecord, RequestSpec } from "../../serving/request.ts";
import type { OfferedLoad, RequestMoments } from "../request-moments.ts";
import type { TraceRow } from "../traces/trace-format.ts";

/** What an arrival process may draw on. */
export interface ArrivalContext {
  readonly time: SimulatedTime;
  /** Emits each request of this process that finished or was turned away. */
  readonly ended$: Observable<RequestRecord>;
  /** Random numbers for instants. */
  readonly random: Random;
  /** Draws the prompt and output of the next request; a trace brings its own. */
  readonly draw: () => RequestSpec;
  /** The requests of the trace that the workload names, if it names one. */
  readonly rows: readonly TraceRow[];
  /** The class of traffic that these arrivals are of, if the workload has classes. */
  readonly className?: string | undefined;
}

/** What the load of an arrival process follows from. */
export interface OfferedContext {
  /** Moments of what `draw` draws; undefined for a trace, which draws nothing. */
  readonly lengths: RequestMoments | undefined;
  readonly rows: readonly TraceRow[];
}

/** When requests come, as an Observable in simulated time: each emission is one request, at its instant. */
export interface ArrivalProcess {
  /** Whether its requests name the blocks of their prompts, where the trace that they may come from does not. */
  readonly namesPrefixes?: true;
  arrivals(context: ArrivalContext): Observable<RequestSpec>;
  /** What is asked on average, by calculation. */
  offered(context: OfferedContext): OfferedLoad;
}
