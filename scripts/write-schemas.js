// Writes the JSON schemas of configuration files, which editors check them with, from the schemas the program uses.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configurationSchemas } from "../dist/config/json-schemas.js";

for (const [name, text] of Object.entries(configurationSchemas())) {
  writeFileSync(fileURLToPath(new URL(`../configs/${name}`, import.meta.url)), text);
}
