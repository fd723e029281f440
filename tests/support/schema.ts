import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { root } from "./cli.js";

type SchemaName = "run" | "sweep" | "lines";

const compiled = new Map<SchemaName, ReturnType<Ajv2020["compile"]>>();

/** To compile one takes longer than most tests. */
function validatorOf(schema: SchemaName) {
  const path = join(root, "docs", "schemas", `${schema}.schema.json`);
  const known = compiled.get(schema);
  const fits = known ?? new Ajv2020({ allErrors: true }).compile(JSON.parse(readFileSync(path, "utf8")));
  compiled.set(schema, fits);
  return fits;
}

/** What does not fit a schema of docs/schemas/, as its users' own validators see it; empty where all does. */
export function misfits(schema: SchemaName, values: readonly unknown[]): string[] {
  const fits = validatorOf(schema);
  return values.flatMap((value) => {
    if (fits(value)) return [];
    const errors = (fits.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    return `${errors.join("; ")}: ${JSON.stringify(value).slice(0, 200)}`;
  });
}

/** Of a stream of JSON lines. */
export function linesOf(stdout: string): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
