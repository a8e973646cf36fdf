import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { FrontierReport } from "../experiment/frontier-report.ts";

/** What is used of the element that the chart library makes; the project is built without the browser's types. */
interface Picture {
  readonly outerHTML: string;
  setAttribute(name: string, value: string): void;
}

/** A line through more points looks no different. */
const mostPoints = 600;

/** Every n-th item, and the last. */
function thinned<T>(items: readonly T[], most: number): T[] {
  const step = Math.ceil(items.length / most);
  return items.filter((_, index) => index % step === 0 || index === items.length - 1);
}

/** Frontiers as a picture: speed against price, both logarithmic, a dot at each preferred point. */
export function frontierSvg({ title, curves }: FrontierReport): string {
  const { document } = parseHTML("<html><body></body></html>");
  const drawn = curves.filter(({ points }) => points.length > 0);
  const names = drawn.map(({ name }) => name);
  const legend = names.map((name, index) =>
    Plot.text([{ name }], {
      text: "name",
      fill: "name",
      frameAnchor: "top-left",
      dx: 8,
      dy: 8 + 14 * index,
      fontSize: 11,
    }),
  );
  const figure = Plot.plot({
    document: document as never,
    width: 760,
    height: 480,
    marginTop: 40,
    marginLeft: 60,
    marginBottom: 40,
    style: { background: "white", fontFamily: "sans-serif" },
    x: { type: "log", label: "tokens per second of one request", tickFormat: "~g", grid: true },
    y: { type: "log", label: "dollars per million tokens", tickFormat: "~g", grid: true },
    color: { domain: names, scheme: "Observable10" },
    marks: [
      Plot.frame({ stroke: "#ccc" }),
      ...drawn.flatMap(({ name, points, preferred }) => {
        const channels = { x: "tokensPerSecondPerRequest", y: "dollarsPerMillionTokens" } as const;
        const named = (point: object) => ({ ...point, name });
        return [
          Plot.line(thinned(points, mostPoints).map(named), { ...channels, stroke: "name" }),
          Plot.dot([named(preferred!)], { ...channels, fill: "name", r: 4 }),
        ];
      }),
      ...legend,
      Plot.text([title], { frameAnchor: "top", dy: -30, fontSize: 14, fontWeight: "bold" }),
    ],
  }) as unknown as Picture;
  figure.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${figure.outerHTML}\n`;
}
