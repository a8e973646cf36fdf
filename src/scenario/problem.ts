import type { z } from "zod";
import { UserError } from "../core/errors.ts";
import { allowedKeys } from "./allowed-keys.ts";
import { scenarioJsonSchema } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong at one place, and what is allowed there. */
interface Problem {
  readonly what: string;
  readonly allowed: string | undefined;
}

/** What is to be mended in a scenario that the schema refuses, as one message. */
export function problemOf(issues: readonly Issue[], data: unknown, file: string): UserError {
  // A misspelt key is also missing under its right name: the misspelling tells more.
  const isMisspelling = ({ code }: Issue) => code === "unrecognized_keys";
  const inOrder = [...issues.filter(isMisspelling), ...issues.filter((issue) => !isMisspelling(issue))];
  const [first, ...others] = inOrder.map((issue) => problemAt(issue, data));
  const besides = others.map(({ where, what, allowed }) => new UserError(where, what, allowed));
  return new UserError(`${file}: ${first!.where}`, first!.what, first!.allowed, besides);
}

function problemAt(shallow: Issue, data: unknown): Problem & { readonly where: string } {
  const issue = deepest(shallow);
  const path = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
  return { where: path.replace(/^\./, "") || "the whole", ...describe(issue, data) };
}

/** Of the alternatives of a union, the one that got furthest tells most, unless the value is of no alternative's type. */
function deepest(issue: Issue): Issue {
  if (issue.code !== "invalid_union") return issue;
  const branches = issue.errors.map((errors) => errors[0]!).filter((error) => !isOfOtherType(error));
  if (branches.length === 0) return issue;
  const furthest = branches.reduce((a, b) => (b.path.length > a.path.length ? b : a));
  return deepest({ ...furthest, path: [...issue.path, ...furthest.path] });
}

const isOfOtherType = (issue: Issue): boolean => issue.code === "invalid_type" && issue.path.length === 0;

function describe(issue: Issue, data: unknown): Problem {
  if (issue.code === "unrecognized_keys") {
    const plural = issue.keys.length > 1 ? "s" : "";
    return { what: `unknown key${plural} ${issue.keys.join(", ")}`, allowed: keysAt(issue.path, data) };
  }
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], data);
  const what = value === undefined ? "is missing" : `${shown(value)} ${verdict(issue)}`;
  return { what, allowed: allowedBy(issue, data) };
}

function verdict(issue: Issue): string {
  switch (issue.code) {
    case "too_small":
      return "is too small";
    case "too_big":
      return "is too large";
    case "custom":
      return issue.message;
    default:
      return "cannot be used";
  }
}

function allowedBy(issue: Issue, data: unknown): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "object") return `a block with ${keysAt(issue.path, data)}`;
      return kinds[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_union":
      return alternatives(issue);
    case "too_small":
      return `${issue.inclusive === false ? "above" : "at least"} ${issue.minimum}${countedIn(issue.origin)}`;
    case "too_big":
      return `${issue.inclusive === false ? "below" : "at most"} ${issue.maximum}${countedIn(issue.origin)}`;
    case "invalid_key":
      return issue.issues[0]?.message;
    case "custom":
      return issue.params?.allowed as string | undefined;
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a block of keys",
  record: "a block of keys",
};

function countedIn(origin: string): string {
  if (origin === "string") return " character";
  return origin === "array" ? " value" : "";
}

/** What a union says of itself, the values of the key that tells its alternatives apart, or their types. */
function alternatives(issue: Extract<Issue, { code: "invalid_union" }>): string {
  if ("options" in issue) return (issue.options as unknown[]).map(String).join(", ");
  if (issue.message !== "Invalid input") return issue.message;
  const types = issue.errors.flatMap(([error]) => (error?.code === "invalid_type" ? [error.expected] : []));
  return types.map((type) => kinds[type] ?? type).join(" or ");
}

const keysAt = (path: readonly PropertyKey[], data: unknown): string | undefined =>
  allowedKeys(scenarioJsonSchema(), path, data)?.join(", ");

/** A value as it may have been written, cut where it is long. */
function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
