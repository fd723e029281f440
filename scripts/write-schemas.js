// Writes the JSON schemas, from those that the program uses: of configuration files, which editors check them with, to
// configs/, and of what --json and --json-lines print to docs/schemas/.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configurationSchemas } from "../dist/config/json-schemas.js";
import { outputSchemas } from "../dist/results/output-schemas.js";

const write = (folder, schemas) => {
  const path = (name) => fileURLToPath(new URL(`../${folder}/${name}`, import.meta.url));
  mkdirSync(path(""), { recursive: true });
  for (const [name, text] of Object.entries(schemas)) writeFileSync(path(name), text);
};
write("configs", configurationSchemas());
write("docs/schemas", outputSchemas());
