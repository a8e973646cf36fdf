/**
 * Imports run one way: a folder may import itself and the folders before it in this list.
 * `test/architecture.test.ts` plants a violation to see this check fail.
 */
const folders = [
  "core",
  "bounds",
  "kernel",
  "serving",
  "workload",
  "observe",
  "theory",
  "scenario",
  "experiment",
  "report",
  "tui",
  "cli",
];

const right = (index) => folders.slice(index + 1).join("|");

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    ...folders.slice(0, -1).map((folder, index) => ({
      name: `${folder}-imports-nothing-to-its-right`,
      severity: "error",
      from: { path: `^src/${folder}/` },
      to: { path: `^src/(${right(index)})/` },
    })),
    {
      name: "theory-does-not-know-the-simulator",
      severity: "error",
      from: { path: "^src/theory/" },
      to: { path: "^src/(kernel|serving|workload|observe)/" },
    },
    {
      name: "bounds-know-no-time-or-randomness",
      severity: "error",
      from: { path: "^src/bounds/" },
      to: { path: "node_modules/(rxjs|seedrandom)/" },
    },
    {
      name: "report-and-tui-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/(report|tui)/" },
      to: { path: "^src/(report|tui)/", pathNot: "^src/$1/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
