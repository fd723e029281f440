// Every command as a user without a name and without a home folder, as containers run.

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root, sharedFolder } from "../support/cli.js";

const NOBODY = ["--reuid=12345", "--regid=12345", "--clear-groups"];
const nobody = (args: string[], cwd: string) => {
  const bin = join(root, "bin", "rp-bench.js");
  const command = [...NOBODY, "env", "-u", "HOME", "-u", "XDG_CACHE_HOME", process.execPath, bin, ...args];
  return spawnSync("setpriv", command, { cwd, encoding: "utf8" });
};
/** Who the user is can be changed by root alone, and the other must be able to read this tree. */
const able = (() => {
  try {
    execFileSync("setpriv", [...NOBODY, "test", "-r", join(root, "bin", "rp-bench.js")], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!able)("without a home folder and an entry in the table of users", () => {
  const cwd = sharedFolder();
  chmodSync(cwd, 0o777);
  const out = join(cwd, "out");
  const network = ["--train-limit", "200", "--epochs", "1", "--layers", "784,4,784", "--batch-size", "20"];

  it("is so", () => {
    const ask = "try { require('os').homedir(); } catch (error) { console.log(error.code); }";
    const command = [...NOBODY, "env", "-u", "HOME", process.execPath, "-e", ask];
    expect(spawnSync("setpriv", command, { encoding: "utf8" }).stdout).toBe("ERR_SYSTEM_ERROR\n");
  });

  it.each<[string, string[]]>([
    ["run", ["run", ...network, "--optimizer", "sgd", "--out", out]],
    ["plot", ["plot", out]],
    ["verify", ["verify", out]],
    ["compare", ["compare", out, out]],
    ["data list", ["data", "list"]],
    ["data verify", ["data", "verify", "mnist"]],
    ["demo", ["demo", "least-squares", "--out", join(cwd, "demo")]],
    ["audit", ["audit", ...network, "--optimizer", "rp", "--out", join(cwd, "audit")]],
    ["sweep", ["sweep", "quick", "--dry-run"]],
    ["doctor", ["doctor"]],
  ])("%s works", (_, args) => {
    const { status, stderr, stdout } = nobody(args, cwd);
    expect([status, stderr.match(/uv_os_homedir|ENOENT/), stdout.match(/uv_os_homedir/)]).toEqual([
      0,
      null,
      null,
    ]);
  });

  it("draws", () => {
    expect(existsSync(join(out, "figures", "b-mnist.png"))).toBe(true);
  });

  it("says where to name a folder for what it would keep there", () => {
    const { status, stderr } = nobody(["data", "fetch", "mnist"], cwd);
    expect([status, stderr]).toEqual([
      2,
      "rp-bench: there is no home folder to keep datasets in; name a folder with --data-dir or RP_BENCH_DATA\n",
    ]);
  });
});
