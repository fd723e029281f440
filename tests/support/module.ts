import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleAt } from "../../src/custom/options.js";
import type { CustomSettings } from "../../src/index.js";
import { temporaryFolder } from "./cli.js";

/** An optimizer in a file of its own, as a configuration has it. */
export function moduleOf(source: string, learningRate: number, settings: CustomSettings = {}) {
  const path = join(temporaryFolder(), "mine.mjs");
  writeFileSync(path, source);
  const { file, sha256 } = moduleAt(path, ".", "test");
  return { name: "module" as const, file, sha256, path, learningRate, settings };
}
