import type { RequestView } from "./request.ts";

/** What admission control sees of the system as a request arrives. */
export interface AdmissionView {
  readonly nowSeconds: number;
  /** Requests that wait already, without the one that arrives. */
  readonly waiting: number;
}

/**
 * Says for a request that arrives why it is turned away, or nothing where it may wait. It is asked once for each request
 * that could be served, at its arrival, and may count it as let in when it raises no objection.
 */
export type Admission = (request: RequestView, system: AdmissionView) => string | undefined;
