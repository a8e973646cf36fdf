import type { RandomStreams } from "../core/random.ts";
import type { RequestRecord, RequestView } from "./request.ts";

/**
 * Foretells how many tokens a request will emit. It alone is shown requests with their true lengths; policies and orders see
 * what it says of them. One that makes use of the truth says so in its name or summary.
 */
export interface Predictor {
  /**
   * Output tokens of a request that arrives now, a fraction perhaps; the same whenever it is asked between two finishes.
   * 0 where it knows nothing: such a request passes for the shortest, is served soon, and so becomes known.
   */
  predict(request: RequestRecord): number;
  /** Hears of a request that emitted its last token; absent where it learns nothing. */
  learn?(finished: RequestView): void;
}

/** Makes a predictor, with streams for what in it is random. */
export type PredictorMaker = (streams: RandomStreams) => Predictor;
