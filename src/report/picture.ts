import { parseHTML } from "linkedom";

/** What is used of the element that the chart library makes; the project is built without the browser's types. */
interface Picture {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
}

/** A document for the chart library to draw into. */
export const blankDocument = (): never => parseHTML("<html><body></body></html>").document as never;

/** What the chart library drew, as SVG that stands by itself. */
export function svgOf(figure: unknown, attributes: Readonly<Record<string, string>> = {}): string {
  const picture = figure as Picture;
  for (const [name, value] of Object.entries({ xmlns: "http://www.w3.org/2000/svg", ...attributes })) {
    picture.setAttribute(name, value);
  }
  return picture.outerHTML;
}

/** A line through more points looks no different. */
const mostPoints = 600;

/** Every n-th item, and the last. */
export function thinned<T>(items: readonly T[]): T[] {
  const step = Math.ceil(items.length / mostPoints);
  return items.filter((_, index) => index % step === 0 || index === items.length - 1);
}
