// Adds to package-lock.json the optional packages for other platforms that npm left out because the registry it was
// written from did not serve them; without them `npm ci` refuses the file. Run it after `npm install`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const path = join(dirname(fileURLToPath(import.meta.url)), "..", "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));
const OS = /(?:^|[-/])(android|darwin|freebsd|linux|openharmony|win32)(?:-|$)/;
const CPU = /-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-|$)/;
const LIBC = { gnu: "glibc", gnueabihf: "glibc", musl: "musl" };

for (const [parent, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (lock.packages[key] || lock.packages[`${parent}/${key}`]) continue;
    const [os, cpu, suffix] = [OS.exec(name)?.[1], CPU.exec(name)?.[1], name.split("-").at(-1)];
    if (!os || !cpu) throw new Error(`${name}: its platform cannot be told from its name`);
    const libc = os === "linux" && LIBC[suffix] ? { libc: [LIBC[suffix]] } : {};
    lock.packages[key] = { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] };
    console.log(`added ${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
