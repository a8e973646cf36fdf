/** Counts the requests of a whole system that are there and do not run; its replicas share it. */
export class Backlog {
  waiting = 0;
}
