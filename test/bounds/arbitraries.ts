import fc from "fast-check";
import { accelerators } from "../../src/bounds/accelerators.ts";
import { architectures } from "../../src/bounds/architectures.ts";
import type { Layout } from "../../src/bounds/layout.ts";

/** An architecture of the catalogue. */
export const anyArchitecture = fc.constantFrom(...Object.values(architectures));

/** An accelerator of the catalogue. */
export const anyAccelerator = fc.constantFrom(...Object.values(accelerators));

/** A model and an accelerator that has a figure for the model's weight precision. */
export const anyModelOnHardware = fc
  .record({ architecture: anyArchitecture, accelerator: anyAccelerator })
  .filter(({ architecture, accelerator }) => 8 * architecture.weightBytes in accelerator.flopPerSecondByWeightBits);

/** A layout, of whole or fractional ranks as the continuous relaxation takes them. */
export const anyLayout: fc.Arbitrary<Layout> = fc.record({
  tensorParallel: fc.constantFrom("1d" as const, "2d" as const),
  tensorRanks: fc.oneof(fc.integer({ min: 1, max: 512 }), fc.double({ min: 1, max: 4_096, noNaN: true })),
  pipelineStages: fc.integer({ min: 1, max: 12 }),
});

/** A batch, whole or fractional. */
export const anyBatch = fc.oneof(fc.integer({ min: 1, max: 4_096 }), fc.double({ min: 1, max: 1e5, noNaN: true }));

/** Cached tokens of each sequence. */
export const anyContext = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200_000 }));
