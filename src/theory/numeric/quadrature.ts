/** Nodes and weights of the Gauss–Legendre rule on [-1, 1], by Newton's method on Legendre's recurrence. */
function gaussLegendre(points: number): readonly (readonly [node: number, weight: number])[] {
  return Array.from({ length: points }, (_, i) => {
    let x = Math.cos((Math.PI * (i + 0.75)) / (points + 0.5));
    let slope = 0;
    for (let round = 0; round < 10; round++) {
      let previous = 1;
      let value = x;
      for (let k = 2; k <= points; k++) [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
      slope = (points * (x * value - previous)) / (x * x - 1);
      x -= value / slope;
    }
    return [x, 2 / ((1 - x * x) * slope * slope)] as const;
  });
}

const rule = gaussLegendre(16);

/** Integral of a smooth function from `from` to `to`: 16-point Gauss–Legendre on each of `panels` equal parts. */
export function integral(f: (x: number) => number, from: number, to: number, panels = 8): number {
  const half = (to - from) / panels / 2;
  let sum = 0;
  for (let panel = 0; panel < panels; panel++) {
    const middle = from + (2 * panel + 1) * half;
    for (const [node, weight] of rule) sum += weight * f(middle + half * node);
  }
  return sum * half;
}
