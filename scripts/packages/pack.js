// The tarballs: one package for each platform, and rp-bench itself, which names them as optional dependencies. In the
// repository it does not, since `npm ci` there must work before they are published.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageName } from "./platforms.js";

const npm = (...args) =>
  execFileSync("npm", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });

/** `npm pack` of a folder, without its scripts; returns the tarball's name in `out`. */
function pack(folder, out) {
  const [{ filename }] = JSON.parse(
    npm("pack", folder, "--json", "--silent", "--ignore-scripts", "--pack-destination", out),
  );
  return filename;
}

const writeJson = (path, value) => writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);

/**
 * @param library the compiled kernels
 * @param folder an empty one for the package's files
 * @returns the tarball's name in `out`
 */
export function packPlatform(name, { os, cpu, libc }, { root, library, folder, out }) {
  mkdirSync(folder, { recursive: true });
  copyFileSync(library, join(folder, "rp_bench.node"));
  copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
  const { version, license, engines } = readManifest(root);
  const system = libc === null ? `${os} on ${cpu}` : `${os} on ${cpu} with ${libc}`;
  writeFileSync(
    join(folder, "README.md"),
    `# ${packageName(name)}\n\nThe compiled kernels of [rp-bench](https://www.npmjs.com/package/rp-bench) for ${system}. npm installs ` +
      "this package with rp-bench where it fits; there is no need to install it by hand.\n\nThe file holds parts of LLVM's " +
      "C++ library, under the Apache License 2.0 with LLVM exceptions.\n",
  );
  writeJson(join(folder, "package.json"), {
    ...{ name: packageName(name), version, description: `Compiled kernels of rp-bench for ${system}` },
    ...{ license, engines, os: [os], cpu: [cpu], ...(libc === null ? {} : { libc: [libc] }) },
    files: ["rp_bench.node"],
    publishConfig: { access: "public" }, // which packages of a scope are not by default
  });
  return pack(folder, out);
}

/** @returns the name in `out` of rp-bench's own tarball, with these platforms. */
export function packMain(platforms, { root, folder, out }) {
  mkdirSync(folder, { recursive: true });
  const first = pack(root, folder);
  execFileSync("tar", ["-xzf", first], { cwd: folder });
  const unpacked = join(folder, "package");
  rmSync(join(unpacked, "native", "prebuilt", "linux-x64"), { recursive: true, force: true }); // a package has it
  const manifest = readManifest(unpacked);
  const optional = platforms.map((name) => [packageName(name), manifest.version]);
  writeJson(join(unpacked, "package.json"), {
    ...manifest,
    optionalDependencies: Object.fromEntries(optional),
  });
  return pack(unpacked, out);
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
