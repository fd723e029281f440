// Writes docs/cli.md from the commands' own definitions.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commandReference } from "../dist/cli/reference.js";

writeFileSync(fileURLToPath(new URL("../docs/cli.md", import.meta.url)), commandReference());
