import { register } from "tsx/esm/api";

// What a worker runs, from its sources.
register();
await import("../../src/experiment/run-worker.ts");
