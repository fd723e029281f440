// Compiles the add-on for one platform by Zig's clang, with the flags of build-native.js, so that it gives the same bits as
// one that is compiled where it runs.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { def_paths as definitions, include_dir as nodeHeaders } from "node-api-headers";
import { commonFlags, sourcesOf } from "../native-flags.js";

/** Else its C++ library's operators new and delete would stand for those of Node, and Node's for them. */
const EXPORTS = "{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n";

/**
 * The C++ library is linked in, so that a file asks its system for the C library alone.
 *
 * @param zig of findZig, run in native/: paths of sources are relative, so that none of this machine gets into the file
 * @param folder of what is made: the library is rp_bench.node in it
 * @returns the library's path
 */
export function compileFor(zig, { target, os, cpu }, folder) {
  mkdirSync(folder, { recursive: true });
  const flags = ["-O3", ...commonFlags(nodeHeaders), "-Werror", ...(os === "win32" ? [] : ["-fPIC"])];
  const objects = Object.entries(sourcesOf(cpu)).map(([source, extra]) => {
    const object = join(folder, `${source.replace(/\W/g, "-")}.o`);
    zig("c++", "-target", target, ...flags, ...extra, "-c", source, "-o", object);
    return object;
  });
  const library = join(folder, "rp_bench.node");
  const options = LINK[os](zig, folder);
  zig("c++", "-target", target, "-shared", "-s", ...objects, ...options, "-o", library);
  if (os === "win32") removeTime(library);
  return library;
}

/** Of the linking, which the linker writes into the header, so that the same sources give the same bytes. */
function removeTime(path) {
  const bytes = readFileSync(path);
  bytes.writeUInt32LE(0, bytes.readUInt32LE(0x3c) + 8);
  writeFileSync(path, bytes);
}

/** How Node's own functions are found, and nothing else is exported, by system. */
const LINK = {
  linux(_, folder) {
    const map = join(folder, "exports.map");
    writeFileSync(map, EXPORTS);
    return ["-pthread", `-Wl,--version-script=${map}`];
  },
  /** Whose name in the file would be the path that it was made at. */
  darwin: () => ["-Wl,-undefined,dynamic_lookup", "-install_name", "@rpath/rp_bench.node"],
  /** A library that says which functions node.exe exports. */
  win32: (zig, folder) =>
    Object.entries(definitions).map(([name, definition]) => {
      const library = join(folder, `${name}.lib`);
      zig("dlltool", "-m", "i386:x86-64", "-d", definition, "-l", library);
      return library;
    }),
};
