import type { StepRun } from "../../bounds/step-run.ts";

/** How many of the first `steps` of a run had begun before so many seconds had passed since the first began; each begins as the last ends. */
export function stepsBegunBefore(run: StepRun, steps: number, seconds: number): number {
  let begun = 0;
  let passedSeconds = 0;
  run.eachStretch(steps, (firstSeconds, growthSeconds, count) => {
    const sum = (number: number) => firstSeconds * number + (growthSeconds * number * (number - 1)) / 2;
    if (passedSeconds < seconds) begun += firstOf(count, (number) => passedSeconds + sum(number) >= seconds);
    passedSeconds += sum(count);
  });
  return begun;
}

/** The least number from 1 for which a condition holds that then goes on to hold; `most` where none below does. */
function firstOf(most: number, holds: (number: number) => boolean): number {
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
