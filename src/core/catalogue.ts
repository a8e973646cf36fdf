import { z } from "zod";

/**
 * A named, exchangeable part of a scenario (a policy, an arrival process, a distribution): its options, read from a
 * scenario, say which part it is under a common key; `build` makes the part from them.
 */
export interface Part<Options extends z.ZodObject, Built> {
  /** One line for help, docs and `batchyard catalog`. */
  readonly summary: string;
  readonly options: Options;
  readonly build: (options: z.infer<Options>) => Built;
}

/** Declares a part; exists for the sake of type inference. */
export function part<Options extends z.ZodObject, Built>(declared: Part<Options, Built>): Part<Options, Built> {
  return declared;
}

type OptionsOf<Parts> = Parts[keyof Parts] extends infer P
  ? P extends { readonly options: infer Options extends z.ZodObject }
    ? z.infer<Options>
    : never
  : never;

type BuiltOf<Parts> = Parts[keyof Parts] extends { readonly build: (...args: never[]) => infer Built } ? Built : never;

/** All parts of one kind by name: schema, help and construction follow from it. */
export interface Catalogue<Parts> {
  readonly parts: Parts;
  readonly schema: z.ZodType<OptionsOf<Parts>, unknown>;
  readonly names: readonly string[];
  build(options: OptionsOf<Parts>): BuiltOf<Parts>;
}

/** Collects parts under the key by which a scenario names them: `catalogue("process", { poisson, trace })`. */
export function catalogue<
  const Parts extends Record<string, { readonly summary: string; readonly options: z.ZodObject }>,
>(key: string, parts: Parts): Catalogue<Parts> {
  const names = Object.keys(parts);
  const options = names.map((name) => parts[name]!.options.safeExtend({ [key]: z.literal(name) }));
  return {
    parts,
    names,
    schema: z.discriminatedUnion(key, options as unknown as [z.ZodObject]) as unknown as z.ZodType<OptionsOf<Parts>>,
    build(chosen) {
      const { [key]: name, ...rest } = chosen as Record<string, unknown>;
      const declared = parts[name as string] as unknown as Part<z.ZodObject, BuiltOf<Parts>>;
      return declared.build(rest);
    },
  };
}
