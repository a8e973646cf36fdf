type Schema = Record<string, unknown>;
type Properties = Readonly<Record<string, Schema>>;

/** The keys that a JSON Schema allows at a path, following the alternatives that the data chose. */
export function allowedKeys(schema: Schema, path: readonly PropertyKey[], data: unknown): string[] | undefined {
  const properties = chosen(schema, data);
  const [key, ...rest] = path;
  if (key === undefined) return properties && Object.keys(properties);
  const next = typeof key === "number" ? (schema.items as Schema | undefined) : properties?.[String(key)];
  return next && allowedKeys(next, rest, (data as Schema | undefined)?.[String(key)]);
}

/**
 * The properties of a schema; of alternatives, those of the one whose constants are the data's, or, where it is of none,
 * those that all of them share.
 */
function chosen(schema: Schema, data: unknown): Properties | undefined {
  const alternatives = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
  if (alternatives === undefined) return schema.properties as Properties | undefined;
  const blocks = alternatives.flatMap(({ properties }) => (properties === undefined ? [] : [properties as Properties]));
  const isChosen = (block: Properties) =>
    Object.entries(block).some(
      ([name, property]) =>
        property.const !== undefined && property.const === (data as Schema | null | undefined)?.[name],
    );
  return blocks.find(isChosen) ?? blocks.reduce(shared, blocks[0]);
}

function shared(all: Properties | undefined, block: Properties): Properties {
  return Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => name in block));
}
