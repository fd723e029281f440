import { z } from "zod";
import { MODULE_PATTERN } from "../custom/options.js";
import { jsonText } from "../files/files.js";
import { checkConfigSchema } from "./check-schema.js";
import { runConfigSchema } from "./schema.js";
import { studyConfigSchema } from "./study-schema.js";

/** The JSON schemas of configuration files, by file name in configs/; written there by scripts/write-schemas.js. */
export function configurationSchemas(): Record<string, string> {
  const text = (title: string, schema: z.ZodType) =>
    jsonText({ title, ...z.toJSONSchema(schema, { io: "input", override: asUsersWriteIt }) });
  return {
    "check.schema.json": text("Configuration of rp-bench check", checkConfigSchema),
    "run.schema.json": text("Configuration of rp-bench run", runConfigSchema),
    "sweep.schema.json": text("Configuration of rp-bench sweep", studyConfigSchema),
  };
}

/** An optimizer's module is named by its path; the rest of it is the program's. */
function asUsersWriteIt({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const { properties, required } = jsonSchema;
  if (!properties?.sha256) return;
  const { name: _name, file: _file, sha256: _sha256, path: _path, ...others } = properties;
  jsonSchema.properties = { name: { type: "string", pattern: MODULE_PATTERN }, ...others };
  jsonSchema.required = required?.filter((key) => key !== "file" && key !== "sha256") ?? [];
}
