import type { Role } from "../palette.ts";

/** A stretch of a line of text set in one style. */
export interface Run {
  readonly text: string;
  readonly role: Role;
}

/** Bit of each dot of a Braille cell, by its place across and down (Unicode 16.0, section 21.1). */
const dotBits = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const dotsAcross = 2;
const dotsDown = 4;
const brailleStart = 0x2800;

/**
 * A drawing of lines and marks in text. Each cell of the terminal is 2 × 4 dots, so that a curve stays smooth in a few
 * rows, and has the style of what was drawn there last. Places are shares of the width from the left and of the height
 * from the bottom; what lies outside 0 to 1 is not drawn.
 */
export class BrailleCanvas {
  readonly #columns: number;
  readonly #rows: number;
  readonly #dots: Uint8Array;
  readonly #marks = new Map<number, string>();
  readonly #roles = new Map<number, Role>();

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#dots = new Uint8Array(columns * rows);
  }

  line(points: readonly Place[], role: Role): void {
    for (const [index, to] of points.entries()) {
      const from = points[index - 1] ?? to;
      const across = Math.abs(this.#dotAcross(to.x) - this.#dotAcross(from.x));
      const down = Math.abs(this.#dotDown(to.y) - this.#dotDown(from.y));
      const steps = Math.max(1, across, down);
      for (let step = 0; step <= steps; step++) {
        const part = step / steps;
        this.#dot({ x: from.x + part * (to.x - from.x), y: from.y + part * (to.y - from.y) }, role);
      }
    }
  }

  /** A character in place of the dots of its cell. */
  mark({ x, y }: Place, glyph: string, role: Role): void {
    if (!inside(x) || !inside(y)) return;
    this.#write(this.rowOf(y) * this.#columns + this.columnOf(x), glyph, role);
  }

  /** A text in the corner at the bottom right, as much of it as there is room for. */
  cornerText(text: string, role: Role): void {
    const end = this.#rows * this.#columns;
    for (const [index, glyph] of [...text.slice(-this.#columns)].reverse().entries()) {
      this.#write(end - 1 - index, glyph, role);
    }
  }

  /** The column and the row, counted from the top, of the cell that holds a place. */
  columnOf(x: number): number {
    return Math.floor(this.#dotAcross(x) / dotsAcross);
  }

  rowOf(y: number): number {
    return Math.floor(this.#dotDown(y) / dotsDown);
  }

  /** The drawing, top row first. */
  rows(): Run[][] {
    return Array.from({ length: this.#rows }, (_, row) => this.#runsOf(row));
  }

  #dotAcross(x: number): number {
    return Math.round(x * (this.#columns * dotsAcross - 1));
  }

  #dotDown(y: number): number {
    return Math.round((1 - y) * (this.#rows * dotsDown - 1));
  }

  #dot({ x, y }: Place, role: Role): void {
    if (!inside(x) || !inside(y)) return;
    const across = this.#dotAcross(x);
    const down = this.#dotDown(y);
    const cell = this.rowOf(y) * this.#columns + this.columnOf(x);
    this.#dots[cell] = this.#dots[cell]! | dotBits[down % dotsDown]![across % dotsAcross]!;
    this.#roles.set(cell, role);
  }

  #write(cell: number, glyph: string, role: Role): void {
    this.#marks.set(cell, glyph);
    this.#roles.set(cell, role);
  }

  #runsOf(row: number): Run[] {
    const runs: { text: string; role: Role }[] = [];
    for (let cell = row * this.#columns; cell < (row + 1) * this.#columns; cell++) {
      const dots = this.#dots[cell]!;
      const text = this.#marks.get(cell) ?? (dots === 0 ? " " : String.fromCodePoint(brailleStart + dots));
      const role = this.#roles.get(cell) ?? "plain";
      const last = runs.at(-1);
      if (last?.role === role) last.text += text;
      else runs.push({ text, role });
    }
    return runs;
  }
}

/** A place on the canvas. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

const inside = (share: number) => share >= 0 && share <= 1;
