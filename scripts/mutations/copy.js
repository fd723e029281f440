// A copy of the sources in which one line at a time is made wrong, and what is run there to find that.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

const TESTS = "tests/";
/** Tests by how soon they find a fault of the kernels, and of what trains with them. */
const KERNEL_STAGES = [
  [
    "kernels/updates",
    "kernels/saturated",
    "kernels/zero",
    "kernels/after",
    "kernels/sampled",
    "kernels/gauss",
    "kernels/addon",
    "engines/ladder",
    "optimizers/",
  ],
  ["kernels/native", "engines/session", "engines/sampled", "engines/cross-entropy", "audit/"],
  ["kernels/bits"],
];
const TRAINING_STAGES = [["training/"], ["cli/run.test.ts", "optimizers/", "engines/session"]];
/** The rest of the quick tests; others look at the repository, the package, the documents or the list of mutations. */
const REST = [
  "audit/",
  "check/t",
  "check/v",
  "cli/",
  "config/",
  "custom/",
  "demo/",
  "engines/",
  "model/",
  "sweep/",
];
/** Mutants that go round in a circle. */
const LIMIT_SECONDS = 600;

export class SourceCopy {
  constructor(root) {
    this.folder = mkdtempSync(join(tmpdir(), "rp-bench-mutants-"));
    const { stdout } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const file of stdout.split("\0")) {
      if (file === "" || file.startsWith("results/") || !existsSync(join(root, file))) continue;
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      cpSync(join(root, file), join(this.folder, file));
    }
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    this.addon = join(this.folder, "native", "build", "rp_bench.node");
    this.sound = join(this.folder, "sound.node");
    if (!this.compileNative() || !this.compileSources()) throw new Error("the sources do not compile");
    copyFileSync(this.addon, this.sound);
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The file with the replacement in it; says what is wrong where it cannot be made. */
  mutated({ file, text, replacement }) {
    const path = join(this.folder, file);
    const original = existsSync(path) ? readFileSync(path, "utf8") : "";
    const found = original.split(text).length - 1;
    if (found !== 1)
      throw new Error(`${file} has ${JSON.stringify(text)} ${found === 0 ? "no longer" : `${found} times`}`);
    return { path, original, changed: original.replace(text, () => replacement) };
  }

  /** What finds a mutation: { by: a test's name or "rp-bench check" }, or { survives: true }, or { error }. */
  async try(mutation) {
    let made;
    try {
      made = this.mutated(mutation);
    } catch (error) {
      return { error: error.message };
    }
    const isNative = mutation.file.startsWith("native/");
    writeFileSync(made.path, made.changed);
    try {
      if (!(isNative ? this.compileNative() : this.compileSources())) return { error: "it does not compile" };
      const by = await this.firstToFail(mutation.file);
      return by === null ? { survives: true } : { by };
    } finally {
      writeFileSync(made.path, made.original);
      if (isNative) copyFileSync(this.sound, this.addon);
      else this.compileSources();
    }
  }

  /** Who finds the fault that a file of the copy has; null: no one. */
  async firstToFail(file) {
    const stages = file.startsWith("src/training/") ? TRAINING_STAGES : KERNEL_STAGES;
    return (await this.failedTest(...stages)) ?? (await this.failedCheck()) ?? this.failedTest(REST);
  }

  /** What fails without any fault; null: nothing. */
  async failsAnyway() {
    return (await this.failedTest(...KERNEL_STAGES, ...TRAINING_STAGES, REST)) ?? this.failedCheck();
  }

  /** The first file of tests to fail, stage by stage, as it is called below tests/; null: none does. */
  async failedTest(...stages) {
    for (const names of stages) {
      const failed = await this.failedOf(names);
      if (failed !== null) return failed;
    }
    return null;
  }

  async failedOf(names) {
    const report = join(this.folder, "report.json");
    rmSync(report, { force: true });
    const vitest = join(this.folder, "node_modules", "vitest", "vitest.mjs");
    const { status } = await this.run([
      ...[vitest, "run", "--project", "fast", "--bail", "1", "--reporter=json", `--outputFile=${report}`],
      ...names.map((name) => `${TESTS}${name}`),
    ]);
    if (status === 0) return null;
    if (status === null) return `no end after ${LIMIT_SECONDS} s`;
    const { testResults } = existsSync(report)
      ? JSON.parse(readFileSync(report, "utf8"))
      : { testResults: [] };
    const failed = testResults.find((file) => file.status === "failed");
    if (!failed) return "the end of the process that ran the tests";
    return relative(join(this.folder, TESTS), failed.name).replace(/\.test\.ts$/, "");
  }

  /** `rp-bench check`, whose times are no concern here. */
  async failedCheck() {
    const { status, stdout } = await this.run([join("bin", "rp-bench.js"), "check", "--quiet", "--json"]);
    const name = "`rp-bench check`";
    if (status !== 0 && status !== 1) return name;
    const { verdicts } = JSON.parse(stdout);
    return verdicts.some(({ part, verdict }) => part !== "time" && verdict === "regression") ? name : null;
  }

  /** Runs Node in the copy; a status of null: it took too long and was ended. */
  async run(args) {
    // In a group of its own, so that its workers end with it.
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let stdout = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      process.kill(-child.pid, "SIGKILL");
    }, 1000 * LIMIT_SECONDS);
    const [code, signal] = await once(child, "close");
    clearTimeout(timer);
    return { status: late ? null : (code ?? signal), stdout };
  }

  /** With few optimizations: the bits are the same, and it takes half the time. */
  compileNative() {
    const env = { ...process.env, CXXFLAGS: "-O1 -w" };
    const script = join("scripts", "build-native.js");
    return spawnSync(process.execPath, [script], { cwd: this.folder, env, stdio: "ignore" }).status === 0;
  }

  compileSources() {
    return (
      spawnSync(process.execPath, [join("scripts", "build.js")], { cwd: this.folder, stdio: "ignore" })
        .status === 0
    );
  }
}
