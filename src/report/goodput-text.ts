import type { GoodputReport } from "../experiment/goodput-report.ts";
import { count, estimated, percent, unitOf } from "./format.ts";

/** Goodput as the cells of a row. */
export function goodputCells({ requestsPerSecond, share, met, missed, undecided }: GoodputReport): readonly string[] {
  return [
    "Goodput",
    estimated(requestsPerSecond, unitOf("req/s")),
    `${estimated(share, percent)} of ${count(met + missed)} met their SLO`,
    ...(undecided === 0 ? [] : [`${count(undecided)} undecided`]),
  ];
}
