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

type AnyParts = Readonly<Record<string, { readonly summary: string; readonly options: z.ZodObject }>>;

/** What a part reads. Zod says of a part without options that every key holds nothing, which would bar the part's name. */
type Stated<Options extends z.ZodObject> = string extends keyof z.infer<Options> ? unknown : z.infer<Options>;

/** What a scenario states: the part's name under the key, beside its options. */
type OptionsOf<Key extends string, Parts extends AnyParts> = {
  [Name in keyof Parts]: Stated<Parts[Name]["options"]> & { readonly [key in Key]: Name };
}[keyof Parts];

type BuiltOf<Parts> = Parts[keyof Parts] extends { readonly build: (...args: never[]) => infer Built } ? Built : never;

/** All parts of one kind by name: schema, help and construction follow from it. */
export interface Catalogue<Key extends string, Parts extends AnyParts> {
  readonly parts: Parts;
  readonly names: readonly string[];
  readonly schema: z.ZodType<OptionsOf<Key, Parts>, unknown>;
  build(options: OptionsOf<Key, Parts>): BuiltOf<Parts>;
}

/** Collects parts under the key by which a scenario names them: `catalogue("process", { poisson, trace })`. */
export function catalogue<const Key extends string, const Parts extends AnyParts>(
  key: Key,
  parts: Parts,
): Catalogue<Key, Parts> {
  const names = Object.keys(parts);
  const alternatives = names.map((name) => parts[name]!.options.safeExtend({ [key]: z.literal(name) }));
  return {
    parts,
    names,
    schema: z.discriminatedUnion(key, alternatives as unknown as [z.ZodObject]) as unknown as z.ZodType<
      OptionsOf<Key, Parts>
    >,
    build(chosen) {
      const { [key]: name, ...options } = chosen as Record<string, unknown>;
      return (parts[name as string] as unknown as Part<z.ZodObject, BuiltOf<Parts>>).build(options);
    },
  };
}
