/** Something the user gave cannot be used: said in one message with the place, what was wrong and what is allowed. */
export class UserError extends Error {
  override readonly name = "UserError";
  /** Where the input went wrong: a scenario path such as `workload.arrivals.rate`, or `file.csv:12`. */
  readonly where: string;
  /** What would have been accepted. */
  readonly allowed: string | undefined;

  /** `others`: what is wrong besides. */
  constructor(where: string, what: string, allowed?: string, others: readonly UserError[] = []) {
    const own = `${where}: ${what}${allowed === undefined ? "" : ` (allowed: ${allowed})`}`;
    super([own, ...others.map(({ message }) => message)].join("; also "));
    this.where = where;
    this.allowed = allowed;
  }
}

/** The program broke one of its own laws: the run is worthless and ends at once. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** A batching policy planned what cannot be carried out: its author's to mend, who may be the user. */
export class PolicyError extends Error {
  override readonly name = "PolicyError";
}
