// The documents against the program: every command and example runs, every link and flag exists.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { call } from "../support/call.js";
import { root, rpBench, temporaryFolder } from "../support/cli.js";
import { serve } from "../support/file-server.js";
import { copyPackage } from "../support/package-copy.js";
import { readPicture } from "../support/png.js";

const documents = [
  join(root, "README.md"),
  join(root, "CHANGELOG.md"),
  join(root, "data", "README.md"),
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(root, "docs", name)),
];
const textOf = (path: string) => readFileSync(path, "utf8");
const blocks = (path: string, language: string) =>
  [...textOf(path).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1],
  );

/** What the headings of a page are linked by, as GitHub makes it of their text. */
const anchorsOf = (path: string) =>
  [...textOf(path).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  );

/** Flags that cut a command short. */
const SHORTER: Record<string, string[]> = {
  run: ["--train-limit", "200", "--batch-size", "90", "--epochs", "1"],
  sweep: ["--train-limit", "300", "--epochs", "1"],
  audit: ["--layers", "784,8,784", "--batch-size", "90", "--lr", "1", "--train-limit", "200"],
};
/** The name of a file that a block shows, from its first line. */
const fileOf = (block: string) => /^\/\/ ([\w-]+\.m?js)\b/.exec(block)?.[1];
/** The help of every command. */
const helpOfAll = async () => {
  const commands = [
    ...[
      "run",
      "plot",
      "sweep",
      "compare",
      "check",
      "verify",
      "audit",
      "demo",
      "doctor",
      "report",
      "export",
      "worker",
    ].map((name) => [name]),
    ...["list", "fetch", "verify", "import", "show"].map((name) => ["data", name]),
  ];
  let help = "";
  for (const command of commands) help += (await call([...command, "--help"])).stdout;
  return help;
};
/** What CI runs itself. */
const CI_COMMANDS = ["npm ci", "npm test", "npx rp-bench check"];
/** The commands of a page's shell blocks, one by one. */
const commandsOf = (path: string) =>
  blocks(path, "sh")
    .flatMap((block) => block.split("\n").flatMap((line) => line.replace(/#.*/, "").split("&&")))
    .map((command) => command.trim())
    .filter(Boolean);

describe("README", () => {
  it("has commands that all run, and so has docs/verify.md, which goes on with their folders", async () => {
    const cwd = temporaryFolder();
    cpSync(join(root, "configs"), join(cwd, "configs"), { recursive: true });
    // A package whose configurations are of a small network: sweep has no flag for that, and run warns of its own.
    const copy = copyPackage({ native: true });
    const layerSizes = [784, 32, 16, 32, 784];
    for (const folder of [join(copy, "configs"), join(cwd, "configs")]) {
      const change = (name: string, changes: (config: ReturnType<typeof JSON.parse>) => object) => {
        const path = join(folder, name);
        writeFileSync(path, JSON.stringify(changes(JSON.parse(textOf(path)))));
      };
      change("mnist.json", (config) => ({ ...config, layerSizes }));
      change("quick.json", (config) => ({
        ...config,
        datasets: config.datasets.map((dataset: object) => ({ ...dataset, layerSizes })),
      }));
    }
    const bin = join(copy, "bin", "rp-bench.js");
    for (const block of blocks(join(root, "README.md"), "js")) {
      const file = fileOf(block);
      if (file) writeFileSync(join(cwd, file), block);
    }
    const ci = textOf(join(root, ".ci", "run"));
    let ran = 0;
    for (const command of ["README.md", "docs/verify.md"].flatMap((page) => commandsOf(join(root, page)))) {
      if (CI_COMMANDS.includes(command)) {
        expect(ci).toMatch(new RegExp(`^${command}\\b`, "m"));
        continue;
      }
      const [npx, name, ...args] = command.split(/\s+/);
      expect([npx, name], command).toEqual(["npx", "rp-bench"]);
      // Cut short: the rest of the command is as printed.
      const short = SHORTER[args[0]] ?? [];
      const { code, stderr } = await rpBench([...args, ...short], { cwd, bin });
      expect(stderr, command).not.toContain("rp-bench: ");
      expect(code, command).toBe(0);
      ran++;
    }
    expect(ran).toBeGreaterThan(5);
    // The picture of reconstructions shows the images of that command; what lies below them is a trained network's.
    const pictures = [join(cwd, "reconstructions.png"), join(root, "docs/images/reconstructions-mnist.png")];
    const [drawn, shown] = await Promise.all(pictures.map(readPicture));
    const [inputs, outputs] = [
      { left: 0, right: 1, top: 0, bottom: 0.5 },
      { left: 0, right: 1, top: 0.5, bottom: 1 },
    ];
    expect([drawn.width, drawn.height]).toEqual([shown.width, shown.height]);
    for (const color of ["#ffffff", "#000000"]) {
      expect(drawn.count(color, inputs)).toBe(shown.count(color, inputs));
      expect(drawn.count(color, outputs)).not.toBe(shown.count(color, outputs));
    }
  }, 180_000);

  it("has commands in its text that need what a machine may lack, and that say so", async () => {
    const env = { XDG_CACHE_HOME: temporaryFolder(), RP_BENCH_DATA: "" };
    const cwd = temporaryFolder();
    const inline = [...textOf(join(root, "README.md")).matchAll(/`npx rp-bench ([^`]+)`/g)].map(
      ([, args]) => args,
    );
    const studies = inline.filter((args) => /^sweep/.test(args));
    expect(studies).toEqual([
      "sweep",
      "sweep extensions",
      "sweep overfitting",
      "sweep readings",
      "sweep rivals",
    ]);
    for (const study of studies) {
      const { code, stderr } = await rpBench([...study.split(" "), "--dry-run"], { cwd, env });
      if (code === 0) continue; // a system folder has the datasets
      const [, remedy = ""] = /\brp-bench (data fetch [\w-]+)/.exec(stderr) ?? [];
      expect([code, inline]).toEqual([3, expect.arrayContaining([remedy])]);
    }
    const { url } = await serve({}, []); // it has no such file
    for (const fetch of inline.filter((args) => /^data fetch/.test(args))) {
      const { code, stderr } = await rpBench([...fetch.split(" "), "--mirror", url], { cwd, env });
      expect([code, stderr]).toEqual([1, expect.stringContaining("could not be fetched")]);
    }
    const others = inline.filter((args) => !/^(sweep|data fetch)/.test(args));
    for (const args of others) expect((await rpBench(args.split(" "), { cwd, env })).code, args).toBe(0);
  });

  it("shows the study's own figure, which the npm package has too", () => {
    const [shown, drawn] = ["docs/images", "results/paper/figures"].map((folder) =>
      readFileSync(join(root, folder, "b-mnist.png")),
    );
    expect(shown.equals(drawn)).toBe(true);
  });

  it("has an example of the library that runs", () => {
    const scripts = blocks(join(root, "README.md"), "js").filter((block) => !fileOf(block));
    const [example, ...others] = scripts;
    expect(others).toEqual([]);
    const folder = join(copyPackage({ native: true }), "consumer");
    mkdirSync(folder);
    writeFileSync(join(folder, "example.mjs"), example);
    const { stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const [before, after] = stdout.trim().split(" ").map(Number);
    expect(after).toBeLessThan(before);
  });
});

describe("docs/ci.md", () => {
  it("has a workflow whose commands run", async () => {
    const [workflow] = blocks(join(root, "docs", "ci.md"), "yaml");
    const commands = [...workflow.matchAll(/- run: npx rp-bench (.+)$/gm)].map(([, command]) => command);
    expect(commands.map((command) => command.split(" ")[0])).toEqual(["doctor", "check"]);
    expect((await rpBench(commands[0].split(" "))).code).toBe(0);
    // CI runs the check itself; here its options are looked at.
    const { stdout } = await call(["check", "--help"]);
    for (const [flag] of commands[1].matchAll(/--\S+/g)) expect(stdout).toContain(flag);
  });
});

describe.each(documents.map((path) => [relative(root, path), path]))("%s", (_, path) => {
  it("links to files that exist, and to headings and functions that are in them", () => {
    for (const [, text, target] of textOf(path).matchAll(/\[([^\]]*)\]\(([^)]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [name, anchor] = target.split("#");
      const file = name === "" ? path : join(dirname(path), name);
      expect(existsSync(file), target).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(file), target).toContain(anchor);
      if (name === "") continue;
      for (const [, word] of text.matchAll(/`([A-Za-z]+)`/g)) {
        expect(textOf(file), `${word} in ${target}`).toMatch(new RegExp(`\\b${word}\\b`));
      }
    }
  });

  it("names options that exist", async () => {
    const help = await helpOfAll();
    for (const [flag] of textOf(path).matchAll(/(?<=[\s`])--[a-z][a-z-]+/g)) {
      expect(help, flag).toMatch(new RegExp(`${flag}\\b`));
    }
  });
});
