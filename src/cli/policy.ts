import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { z } from "zod";
import type { Part } from "../core/catalogue.ts";
import { UserError } from "../core/errors.ts";
import type { Scenario } from "../scenario/schema.ts";
import { policies } from "../serving/policies.ts";
import type { BatchingPolicy } from "../serving/policy.ts";

type PolicyPart = Part<z.ZodObject, BatchingPolicy>;

/** A policy that stands in for a scenario's own. */
export interface PolicyInPlace {
  readonly scenario: Scenario;
  readonly policy: BatchingPolicy;
}

/**
 * Puts a policy of the catalogue, or the one that a module exports as `policy`, in place of a scenario's own. Options that both
 * know keep the scenario's values, others their defaults. Throws `UserError` for what is neither or needs more options.
 */
export async function withPolicy(scenario: Scenario, nameOrFile: string): Promise<PolicyInPlace> {
  const { name, part } = await policyPart(nameOrFile);
  if ("plan" in part) return { scenario: named(scenario, { name }), policy: part };
  const known = Object.keys(part.options.shape);
  const kept = Object.fromEntries(Object.entries(scenario.policy).filter(([option]) => known.includes(option)));
  const checked = part.options.safeParse(kept);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw new UserError(`--policy: ${issue!.path.join(".") || name}`, issue!.message, "a policy with defaults for it");
  }
  return { scenario: named(scenario, { ...checked.data, name }), policy: part.build(checked.data) };
}

/** The scenario with another policy stated: one of the user's own has a name that the schema does not know. */
const named = (scenario: Scenario, policy: Readonly<Record<string, unknown>>): Scenario => ({
  ...scenario,
  policy: policy as unknown as Scenario["policy"],
});

interface Named {
  readonly name: string;
  /** With options, or ready to be asked. */
  readonly part: PolicyPart | BatchingPolicy;
}

async function policyPart(nameOrFile: string): Promise<Named> {
  const parts: Readonly<Record<string, unknown>> = policies.parts;
  if (Object.hasOwn(parts, nameOrFile)) return { name: nameOrFile, part: parts[nameOrFile] as PolicyPart };
  const allowed = `${policies.names.join(", ")}, or a JavaScript module that exports \`policy\``;
  const isModule = /\.[cm]?[jt]s$/.test(nameOrFile);
  if (!isModule) throw new UserError("--policy", `there is no policy ${nameOrFile}`, allowed);
  const exported = await import(pathToFileURL(resolve(nameOrFile)).href).catch((error: Error) => {
    throw new UserError(nameOrFile, `cannot be loaded: ${error.message.split("\n")[0]}`, allowed);
  });
  const part = exported.policy as Partial<PolicyPart & BatchingPolicy> | undefined;
  const isPart = typeof part?.build === "function" && part.options?.shape !== undefined;
  if (!isPart && typeof part?.plan !== "function") {
    throw new UserError(nameOrFile, "exports no policy", "`export const policy = part({ summary, options, build })`");
  }
  return { name: nameOrFile.replace(/^.*[\\/]/, "").replace(/\.[^.]+$/, ""), part: part as Named["part"] };
}
