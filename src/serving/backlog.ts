/** Counts the requests of a whole system that are there and do not run; its replicas share it. */
export class Backlog {
  waiting = 0;
  /** How often a request has joined a queue: as it came, handed over, or preempted. */
  joins = 0;
}
