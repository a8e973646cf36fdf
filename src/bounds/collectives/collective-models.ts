import type { CollectiveModel, CollectiveName, Links } from "./collective-model.ts";
import { nccl } from "./nccl.ts";
import { torus } from "./torus.ts";

/** The collective models known by name. */
export const collectiveModels: Readonly<Record<CollectiveName, (links: Links) => CollectiveModel>> = { nccl, torus };

/** The collective model that an accelerator names, over its own links. */
export function collectivesOf(accelerator: Links & { readonly collectives: CollectiveName }): CollectiveModel {
  return collectiveModels[accelerator.collectives](accelerator);
}
