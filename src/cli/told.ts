import type { Progress } from "../experiment/study.ts";

/** Tells on stderr how far the runs of something have come: on one line in a terminal, now and then elsewhere. */
export const told =
  (name: string, everyRuns = 10) =>
  ({ replications, of }: Progress): void => {
    const line = `${name}: run ${replications} of about ${of}`;
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}`);
    else if (replications % everyRuns === 0) process.stderr.write(`${line}\n`);
  };

/** Leaves the line that a terminal shows free for what comes next. */
export function endOfProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
}
