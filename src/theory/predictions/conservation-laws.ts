/** Two figures of one run that must be equal. */
export interface LawCheck {
  readonly law: string;
  readonly left: number;
  readonly right: number;
  /** `|left - right|` over the larger of the two; 0 when both are 0. */
  readonly relativeGap: number;
}

/**
 * Little's law in its exact, finite form: over a run that starts and ends empty, the integral of the number present equals the
 * sum of all sojourns (Little 1961; Stidham 1974).
 *
 * @param presentSeconds integral of the number present, in request-seconds, up to the end of the run
 * @param sojournSeconds sum of sojourns, each cut off at the end of the run
 */
export function littlesLaw(presentSeconds: number, sojournSeconds: number): LawCheck {
  return lawCheck("Little's law: ∫ N dt = Σ sojourn", presentSeconds, sojournSeconds);
}

/** Utilisation law: busy server-seconds equal the sum of all service times, each cut off at the end of the run (Denning and Buzen 1978). */
export function utilisationLaw(busySeconds: number, serviceSeconds: number): LawCheck {
  return lawCheck("utilisation law: busy time = Σ service", busySeconds, serviceSeconds);
}

/** Where each request that arrived must be found. */
export interface RequestCounts {
  readonly offered: number;
  readonly finished: number;
  readonly rejected: number;
  readonly unfinished: number;
}

/** Conservation of requests: every one offered is finished, rejected or unfinished, once. */
export function conservation({ offered, finished, rejected, unfinished }: RequestCounts): LawCheck {
  return lawCheck(
    "conservation: offered = finished + rejected + unfinished",
    offered,
    finished + rejected + unfinished,
  );
}

function lawCheck(law: string, left: number, right: number): LawCheck {
  const larger = Math.max(Math.abs(left), Math.abs(right));
  return { law, left, right, relativeGap: larger === 0 ? 0 : Math.abs(left - right) / larger };
}
