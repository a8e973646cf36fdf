import type { RequestRecord, ServiceLevel } from "../serving/request.ts";

type Course = Pick<RequestRecord, "arrivalSeconds" | "firstTokenSeconds" | "finishSeconds" | "outputTokens">;

/** Whether a finished request met all its targets; one of a single output token has no TPOT to miss. */
export function meets(slo: ServiceLevel, request: Course): boolean {
  const { arrivalSeconds, firstTokenSeconds, finishSeconds, outputTokens } = request;
  const { ttftSeconds, tpotSeconds, e2eSeconds } = slo;
  if (ttftSeconds !== undefined && firstTokenSeconds - arrivalSeconds > ttftSeconds) return false;
  if (e2eSeconds !== undefined && finishSeconds - arrivalSeconds > e2eSeconds) return false;
  return tpotSeconds === undefined || finishSeconds - firstTokenSeconds <= tpotSeconds * (outputTokens - 1);
}

/** Whether an unfinished request can no longer meet its targets, even if it were to finish now. */
export function isLate(slo: ServiceLevel, request: RequestRecord, nowSeconds: number): boolean {
  const { arrivalSeconds, outputTokens } = request;
  const firstTokenSeconds = Number.isNaN(request.firstTokenSeconds) ? nowSeconds : request.firstTokenSeconds;
  return !meets(slo, { arrivalSeconds, firstTokenSeconds, finishSeconds: nowSeconds, outputTokens });
}
