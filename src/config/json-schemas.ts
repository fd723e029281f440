import { z } from "zod";
import { checkConfigSchema } from "../check/config.js";
import { jsonText } from "../output/files.js";
import { runConfigSchema } from "./schema.js";
import { studyConfigSchema } from "./study-schema.js";

/** The JSON schemas of configuration files, by file name in configs/; written there by scripts/write-schemas.js. */
export function configurationSchemas(): Record<string, string> {
  const text = (title: string, schema: z.ZodType) =>
    jsonText({ title, ...z.toJSONSchema(schema, { io: "input" }) });
  return {
    "check.schema.json": text("Configuration of rp-bench check", checkConfigSchema),
    "run.schema.json": text("Configuration of rp-bench run", runConfigSchema),
    "sweep.schema.json": text("Configuration of rp-bench sweep", studyConfigSchema),
  };
}
