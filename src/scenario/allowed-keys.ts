type Schema = Record<string, unknown>;

/** The keys that a JSON Schema allows at a path, following the alternatives that the data chose. */
export function allowedKeys(schema: Schema, path: readonly PropertyKey[], data: unknown): string[] | undefined {
  const here = chosen(schema, data);
  const [key, ...rest] = path;
  if (key === undefined) return here.properties === undefined ? undefined : Object.keys(here.properties as Schema);
  const next = (here.properties as Record<string, Schema> | undefined)?.[String(key)];
  return next && allowedKeys(next, rest, (data as Schema | undefined)?.[String(key)]);
}

/** Of the alternatives of a schema, the object whose constants are those of the data. */
function chosen(schema: Schema, data: unknown): Schema {
  const alternatives = (schema.oneOf ?? schema.anyOf) as Schema[] | undefined;
  if (alternatives === undefined) return schema;
  return (
    alternatives.find(({ properties }) =>
      Object.entries((properties ?? {}) as Record<string, Schema>).some(
        ([name, property]) => property.const !== undefined && property.const === (data as Schema)?.[name],
      ),
    ) ??
    alternatives.find(({ properties }) => properties !== undefined) ??
    schema
  );
}
