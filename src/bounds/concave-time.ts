/** A time that grows as one straight line or another: `latencySeconds + secondsPerToken · tokens`. */
export interface Line {
  readonly latencySeconds: number;
  readonly secondsPerToken: number;
}

/**
 * A sum of times each of which is the least of some lines in the number of tokens: concave, and straight between
 * `starts[i]` and `starts[i + 1]` tokens with the i-th latency and slope.
 */
export interface ConcaveTime {
  readonly starts: readonly number[];
  readonly latencySeconds: readonly number[];
  readonly secondsPerToken: readonly number[];
}

/** From `start` tokens on, this much is added to latency and slope. */
interface Change {
  readonly start: number;
  readonly latencySeconds: number;
  readonly secondsPerToken: number;
}

/** Appends the changes from one line to the next along the least of some lines, from 0 tokens up. */
function appendChanges(lines: readonly Line[], changes: Change[]): void {
  let current = lines[0]!;
  for (const line of lines) {
    const lower = line.latencySeconds < current.latencySeconds;
    const flatter = line.latencySeconds === current.latencySeconds && line.secondsPerToken < current.secondsPerToken;
    if (lower || flatter) current = line;
  }
  changes.push({ start: 0, latencySeconds: current.latencySeconds, secondsPerToken: current.secondsPerToken });
  for (;;) {
    let next: Line | undefined;
    let start = Number.POSITIVE_INFINITY;
    for (const line of lines) {
      const gain = current.secondsPerToken - line.secondsPerToken;
      if (!(gain > 0)) continue;
      const crossing = (line.latencySeconds - current.latencySeconds) / gain;
      if (crossing < start) {
        start = crossing;
        next = line;
      }
    }
    if (next === undefined) return;
    const latencySeconds = next.latencySeconds - current.latencySeconds;
    changes.push({ start, latencySeconds, secondsPerToken: next.secondsPerToken - current.secondsPerToken });
    current = next;
  }
}

/** The sum of several times, each the least of its lines. */
export function concaveTime(sum: readonly (readonly Line[])[]): ConcaveTime {
  const changes: Change[] = [];
  for (const lines of sum) appendChanges(lines, changes);
  changes.sort((a, b) => a.start - b.start);
  const time = { starts: [] as number[], latencySeconds: [] as number[], secondsPerToken: [] as number[] };
  let latencySeconds = 0;
  let secondsPerToken = 0;
  for (let index = 0; index < changes.length; index++) {
    const change = changes[index]!;
    latencySeconds += change.latencySeconds;
    secondsPerToken += change.secondsPerToken;
    if (changes[index + 1]?.start === change.start) continue;
    time.starts.push(change.start);
    time.latencySeconds.push(latencySeconds);
    time.secondsPerToken.push(secondsPerToken);
  }
  return time;
}

/** The straight piece that holds so many tokens, looked for from a piece at or before it. */
export function pieceAt(time: ConcaveTime, tokens: number, from = 0): number {
  const { starts } = time;
  let piece = from;
  while (piece + 1 < starts.length && starts[piece + 1]! <= tokens) piece++;
  return piece;
}
