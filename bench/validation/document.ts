import { type Section, said } from "./section.ts";

const intro =
  "What the statistics of `check` promise and what the simulator is held to, measured over many seeds. This file is written by `npm run validate`: whole, or " +
  "part by part, as in `npm run validate -- suite`, which leaves the others as they are. It ends with an error where a promise is broken; shorter forms are in the " +
  "tests. docs/theory.md says how the statistics and predictions work. Seconds and minutes are wall time, on machines that had other work besides.";

const brokenMark = "**Broken:**";

/** The document with one of its parts measured anew; parts stand in the order of their titles. */
export function renewed(text: string, titles: readonly string[], title: string, section: Section, how: string): string {
  const parts = new Map(text.split(/^## /m).slice(1).map(titled));
  parts.set(title, [how, said(brokenMark, section), ...section.body].join("\n\n"));
  const known = titles.flatMap((one) => (parts.has(one) ? [{ title: one, body: parts.get(one)! }] : []));
  const broken = known.filter(({ body }) => body.includes(brokenMark));
  const verdict =
    broken.length === 0
      ? "Every promise below holds."
      : `Broken promises: ${broken.map((one) => one.title).join("; ")}.`;
  return `${["# Validation", intro, verdict, ...known.map((one) => `## ${one.title}\n\n${one.body}`)].join("\n\n")}\n`;
}

function titled(part: string): [title: string, body: string] {
  const end = part.indexOf("\n");
  return [part.slice(0, end).trim(), part.slice(end).trim()];
}
