import * as Plot from "@observablehq/plot";
import type { FrontierReport } from "../experiment/frontier-report.ts";
import { blankDocument, svgOf, thinned } from "./picture.ts";

/** Frontiers as a picture: speed against price, both logarithmic, a dot at each preferred point. */
export function frontierSvg({ title, curves }: FrontierReport): string {
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
    document: blankDocument(),
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
          Plot.line(thinned(points).map(named), { ...channels, stroke: "name" }),
          Plot.dot([named(preferred!)], { ...channels, fill: "name", r: 4 }),
        ];
      }),
      ...legend,
      Plot.text([title], { frameAnchor: "top", dy: -30, fontSize: 14, fontWeight: "bold" }),
    ],
  });
  return `${svgOf(figure)}\n`;
}
