import type { z } from "zod";
import { type ErrorCode, RpBenchError } from "./errors.js";

/**
 * Parses `value` with `schema`, or throws one line that names the key, what it must be and the value found.
 * `nameOf` turns a path of keys into what the user wrote (a flag, a key of a file).
 */
export function parseWith<T>(
  schema: z.ZodType<T>,
  value: unknown,
  nameOf: (path: string) => string = (path) => path || "options",
  code: ErrorCode = "CONFIG_INVALID",
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues[0]);
  const path = formatPath(issue?.path ?? []);
  const found =
    issue?.code === "unrecognized_keys" || issue?.code === "custom" ? "" : foundAt(value, issue?.path);
  throw new RpBenchError(code, `${nameOf(path)}: ${lowerFirst(issue?.message ?? "invalid")}${found}`);
}

/** Of alternatives that all failed, the complaint from inside one, if there is any. */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().find(({ path }) => path.length > 0);
  return inner ? { ...inner, path: [...issue.path, ...inner.path] } : issue;
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number" ? `${text}[${key}]` : text ? `${text}.${String(key)}` : String(key),
    "",
  );
}

function foundAt(value: unknown, path: readonly PropertyKey[] = []): string {
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  if (found === undefined) return ", but it is missing";
  const text = typeof found === "object" || typeof found === "string" ? JSON.stringify(found) : String(found);
  return `, got ${text.length > 60 ? `${text.slice(0, 57)}...` : text}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
