// Whether a file of compiled kernels is what its platform loads, as far as a file shows it: for those that cannot be run
// where the packages are made.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pythonWith } from "../python.js";

const LIEF = "1.0.0";
/** What Node calls; the second one says which version of Node-API the add-on needs. */
const ENTRY = "napi_register_module_v1";
const VERSION = "node_api_module_get_api_version_v1";
/** An allocator's functions may stand beside them on macOS, where all of a process's libraries share one. */
const ALLOCATOR = /^_Z(na|nw|da|dl)[a-zA-Z_0-9]*$/;
/** What the linker of macOS gives every library. */
const OF_EVERY_MACHO = ["_mh_dylib_header", "__dso_handle"];

/** @returns what inspect.py reads from the file. */
export function readLibrary(path) {
  const script = join(import.meta.dirname, "inspect.py");
  return JSON.parse(execFileSync(pythonWith("lief", LIEF), [script, path], { encoding: "utf8" }));
}

/** @returns a line for each thing that is not as the platform needs it. */
export function complaints(found, platform) {
  const { format, machine, system, libraries } = platform;
  const wrong = [];
  const expect = (holds, line) => {
    if (!holds) wrong.push(line);
  };
  expect(found.format === format, `its format is ${found.format}, not ${format}`);
  expect(found.machine === machine, `it is for the processor ${found.machine}, not ${machine}`);
  for (const name of [ENTRY, VERSION]) expect(found.exports.includes(name), `it does not export ${name}`);
  const others = found.exports.filter(
    (name) => ![ENTRY, VERSION].includes(name) && !isHarmless(name, format),
  );
  expect(others.length === 0, `it exports ${others.join(", ")}`);
  const foreign = found.libraries.filter((name) => !libraries.test(name));
  expect(foreign.length === 0, `it asks for ${foreign.join(", ")}`);
  const unknown = found.host.filter((name) => !/^(napi|node_api)_/.test(name));
  expect(unknown.length === 0, `it asks Node for ${unknown.join(", ")}`);
  expect(found.host.length > 0, "it asks Node for nothing");
  expect(
    system === null ? found.system === null : found.system !== null && compare(found.system, system) <= 0,
    `it needs the system's version ${found.system}, at most ${system} is portable`,
  );
  // Without a signature, if only one that names nobody, macOS loads nothing on arm64.
  expect(found.isSigned || machine !== "ARM64", "it is not signed");
  return wrong;
}

function isHarmless(name, format) {
  return format === "MACHO" && (ALLOCATOR.test(name) || OF_EVERY_MACHO.includes(name));
}

const compare = (a, b) => a.localeCompare(b, "en", { numeric: true });
