import { z } from "zod";
import { UserError } from "../core/errors.ts";

/** KV blocks that admission leaves free for running sequences to grow into: a share of all, or a number of them. */
export const watermarkSchema = z.union([z.number().min(0).lt(1), z.strictObject({ blocks: z.int().nonnegative() })], {
  error: "a share of the KV blocks from 0 to below 1, or a block with blocks",
});
export type Watermark = z.infer<typeof watermarkSchema>;

/** A share is rounded down, as in vLLM. */
export function watermarkBlocks(watermark: Watermark, capacityBlocks: number): number {
  return typeof watermark === "number" ? Math.floor(watermark * capacityBlocks) : watermark.blocks;
}

/** Throws `UserError` for a watermark that leaves nothing to admit. */
export function checkWatermark(watermark: Watermark, capacityBlocks: number, where: string): void {
  const blocks = watermarkBlocks(watermark, capacityBlocks);
  if (blocks < capacityBlocks) return;
  throw new UserError(where, `keeps ${blocks} KV blocks of ${capacityBlocks} free`, `fewer than ${capacityBlocks}`);
}
