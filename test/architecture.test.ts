import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "./scenario/scenarios.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const configuration = ".dependency-cruiser.cjs";
const cruiser = join(root, "node_modules/.bin/depcruise");

interface Cruise {
  readonly modules: readonly unknown[];
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

/** Checks the imports of a tree under its `src` with the project's own rules. */
async function cruise(folder: string): Promise<Cruise> {
  const words = ["src", "--config", configuration, "--output-type", "json"];
  const { stdout } = await promisify(execFile)(cruiser, words, { cwd: folder, maxBuffer: 2 ** 28 });
  return JSON.parse(stdout);
}

/** A small tree of files, of the project's own configuration. */
function planted(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const file of [configuration, "tsconfig.json", "package.json"])
    copyFileSync(join(root, file), join(folder, file));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return folder;
}

describe("imports", () => {
  test("run one way through the whole source", async () => {
    const { modules, summary } = await cruise(root);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`)).toEqual([]);
    expect(modules.length).toBeGreaterThan(100);
  });

  test("that run any other way are caught, types included", async () => {
    const folder = planted({
      "src/core/good.ts": "export const one = 1;",
      "src/bounds/good.ts": 'import { one } from "../core/good.ts";\nexport const two = one + 1;',
      "src/core/upwards.ts": 'import { main } from "../cli/main.ts";\nexport const x = main;',
      "src/core/upwards-in-type.ts": 'import type { Main } from "../cli/main.ts";\nexport type X = Main;',
      "src/core/upwards-later.ts": 'export const x = () => import("../cli/main.ts");',
      "src/cli/main.ts": "export const main = 1;\nexport type Main = number;",
      "src/kernel/clock.ts": "export const clock = 1;",
      "src/theory/knows.ts": 'import { clock } from "../kernel/clock.ts";\nexport const x = clock;',
      "src/bounds/draws.ts": 'import { Observable } from "rxjs";\nexport const x = Observable;',
      "src/report/looks.ts": 'import { view } from "../tui/view.tsx";\nexport const x = view;',
      "src/tui/view.tsx": "export const view = 1;",
      "src/serving/one.ts": 'import { other } from "./other.ts";\nexport const one = () => other;',
      "src/serving/other.ts": 'import { one } from "./one.ts";\nexport const other = () => one;',
      "src/observe/lost.ts": 'import { gone } from "./gone.ts";\nexport const x = gone;',
    });
    const { violations } = (await cruise(folder)).summary;
    const caught = violations.map(({ rule, from }) => `${from}: ${rule.name}`);
    expect(new Set(caught)).toEqual(
      new Set([
        "src/core/upwards.ts: core-imports-nothing-to-its-right",
        "src/core/upwards-in-type.ts: core-imports-nothing-to-its-right",
        "src/core/upwards-later.ts: core-imports-nothing-to-its-right",
        "src/theory/knows.ts: theory-does-not-know-the-simulator",
        "src/bounds/draws.ts: bounds-know-no-time-or-randomness",
        "src/report/looks.ts: report-imports-nothing-to-its-right",
        "src/report/looks.ts: report-and-tui-do-not-know-each-other",
        // A circle is told once.
        "src/serving/one.ts: no-circular",
        "src/observe/lost.ts: resolvable",
      ]),
    );
  });
});
