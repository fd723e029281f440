// What a check makes: configs/ci.json, or a file of the user's own.

import { parseWith } from "../validation.js";
import { type CheckConfig, checkConfigSchema } from "./check-schema.js";
import {
  layerSizesFor,
  packagedConfig,
  type Raw,
  readConfig,
  requireOutputs,
  withModulesLocated,
} from "./resolve.js";

const PARTS = ["losses", "ends"] as const;

/** @throws RpBenchError CONFIG_INVALID, naming the file's key */
export function resolveCheckConfig(path: string = packagedConfig("ci")): CheckConfig {
  const nameOf = (key: string) => `${path}: ${key || "the configuration"}`;
  const file = readConfig(path);
  for (const part of PARTS) {
    const value = file[part];
    if (value && typeof value === "object") file[part] = withModulesLocated(value as Raw, path, `${part}.`);
  }
  if (Array.isArray(file.networks)) {
    file.networks = file.networks.map((value: Raw | null, index) =>
      value && typeof value === "object" ? withModulesLocated(value, path, `networks[${index}].`) : value,
    );
  }
  const { $schema: _, ...parsed } = parseWith(checkConfigSchema, file, nameOf);
  const sizes = layerSizesFor(parsed.dataset, parsed.layerSizes, nameOf("layerSizes"));
  for (const part of PARTS) {
    requireOutputs(parsed[part]?.optimizers ?? [], parsed.dataset, (key) => nameOf(`${part}.${key}`));
  }
  const networks = parsed.networks.map((network, index) => {
    const nameIn = (key: string) => nameOf(`networks[${index}].${key}`);
    requireOutputs(network.optimizers, parsed.dataset, nameIn);
    return {
      ...network,
      layerSizes: layerSizesFor(parsed.dataset, network.layerSizes, nameIn("layerSizes")),
    };
  });
  return { ...parsed, layerSizes: sizes, networks };
}
