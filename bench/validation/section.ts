import { availableParallelism } from "node:os";

/** One part of the validation: what it found, and which of its promises were broken. */
export interface Section {
  /** Markdown, paragraphs and tables. */
  readonly body: readonly string[];
  readonly broken: readonly string[];
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Whether a part's promises hold. */
export function said(brokenMark: string, { broken }: Section): string {
  return broken.length === 0 ? "Every promise holds." : [brokenMark, ...broken.map((one) => `- ${one}`)].join("\n");
}

export const percent = (share: number, decimals = 1): string => `${(100 * share).toFixed(decimals)} %`;
export const signed = (share: number, decimals = 1): string => `${share < 0 ? "" : "+"}${percent(share, decimals)}`;

/** A share that is to lie between two ends: what is said of it if it does not. */
export function outside(what: string, share: number, least: number, most: number): string[] {
  return least <= share && share <= most
    ? []
    : [`${what}: ${percent(share)} is not from ${percent(least)} to ${percent(most)}`];
}

/** Does work on every item, as many at once as there are cores; results in the order of the items. */
export async function onAllCores<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const place = next++;
      results[place] = await work(items[place]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), items.length) }, worker));
  return results;
}

export function told(what: string): void {
  process.stderr.write(`${what}\n`);
}
