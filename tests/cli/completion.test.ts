// `rp-bench completion` in the shells themselves, and `rp-bench help`.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { specsOf } from "../../src/cli/completion/specs.js";
import { createProgram } from "../../src/cli/program.js";
import { call } from "../support/call.js";
import { sharedFolder } from "../support/cli.js";

const folder = sharedFolder();
const scripts = sharedFolder();
mkdirSync(join(folder, "results", "a b"), { recursive: true });
writeFileSync(join(folder, "mine.mjs"), "");

/** What is typed, and what is offered for its last word. */
const CASES: [typed: string, offered: string[] | string][] = [
  ["s", ["sweep"]],
  ["data ", ["fetch", "import", "list", "show", "verify"]],
  ["data fe", ["fetch"]],
  ["data fetch fash", ["fashion-mnist"]],
  ["run --dataset ", ["cifar10", "fashion-mnist", "mnist"]],
  ["run --dataset fash", ["fashion-mnist"]],
  ["run --dataset=cif", ["cifar10"]],
  ["run --seed 3 --engine re", ["reference"]],
  ["run --optimizer rp-", ["rp-fast"]],
  ["run --optimizer rp --optimizer ./mi", "mine.mjs"],
  ["run --optimizer soph", "sophia"],
  ["run --curvature s", ["sampled"]],
  ["run --curvature-b", ["--curvature-bound"]],
  ["run --epochs ", []],
  ["run --out res", "results"],
  ["sweep ove", ["overfitting"]],
  ["sweep --jobs 2 rea", ["readings"]],
  ["plot --format sv", ["svg"]],
  ["data import mnist mine", "mine.mjs"],
  ["completion z", ["zsh"]],
  ["help dem", ["demo"]],
  ["demo le", ["least-squares"]],
];

/** The shells that are here; others are told of, and left out. */
function shell(name: "bash" | "zsh" | "fish"): { script: string } | null {
  if (spawnSync(name, ["--version"]).error) {
    process.stderr.write(
      `completion is not tested in ${name}, which is not installed: apt-get install ${name}\n`,
    );
    return null;
  }
  const script = join(scripts, `rp-bench.${name}`);
  return { script };
}

async function written(name: string, script: string): Promise<void> {
  const { code, stdout } = await call(["completion", name]);
  expect(code).toBe(0);
  writeFileSync(script, stdout);
}

function expectOffered(typed: string, offered: string[] | string, words: readonly string[]): void {
  const found = [...new Set(words.map((word) => word.trim()).filter(Boolean))].sort();
  if (Array.isArray(offered)) expect([typed, found]).toEqual([typed, [...offered].sort()]);
  else expect([typed, found.join(" ")]).toEqual([typed, expect.stringContaining(offered)]);
}

const bash = shell("bash");
it.skipIf(!bash)("completes in bash", async () => {
  const { script } = bash ?? { script: "" };
  await written("bash", script);
  // As readline does: = is a word of its own.
  const wordsOf = (typed: string) =>
    ["rp-bench", ...typed.split(" ")].flatMap((word) =>
      word.split(/(=)/).filter((part, i) => part || i === 0),
    );
  const tries = CASES.map(([typed]) => {
    const words = wordsOf(typed).map((word) => `'${word}'`);
    return `COMP_WORDS=(${words.join(" ")}) COMP_CWORD=${words.length - 1}; _rp_bench rp-bench; (IFS=$'\t'; echo "\${COMPREPLY[*]}")`;
  });
  // Its own words are split at spaces whatever the user's shell does.
  const text = `set -u; IFS=:; source '${script}'\n${tries.join("\n")}\necho "$IFS"; complete -p rp-bench\n`;
  const output = execFileSync("bash", ["--norc", "-c", text], { cwd: folder, encoding: "utf8" });
  const lines = output.split("\n");
  CASES.forEach(([typed, offered], index) => {
    expectOffered(typed, offered, lines[index].split("\t"));
  });
  expect(lines.slice(CASES.length)).toEqual([":", "complete -F _rp_bench rp-bench", ""]);
});

const fish = shell("fish");
it.skipIf(!fish)("completes in fish", async () => {
  const { script } = fish ?? { script: "" };
  await written("fish", script);
  const text = [
    `source '${script}'`,
    ...CASES.map(([typed]) => `complete -C 'rp-bench ${typed}'; echo ----`),
  ].join("\n");
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: folder, XDG_DATA_HOME: folder };
  const output = execFileSync("fish", ["--no-config", "-c", text], { cwd: folder, env, encoding: "utf8" });
  const each = output.split("----\n");
  CASES.forEach(([typed, offered], index) => {
    // A line is what is offered, a tab and its description; of --flag=value the flag is repeated.
    const words = each[index].split("\n").map((line) => line.split("\t")[0].replace(/^--[a-z-]+=/, ""));
    expectOffered(typed, offered, words);
  });
});

const zsh = shell("zsh");
it.skipIf(!zsh)("completes in zsh", async () => {
  const { script } = zsh ?? { script: "" };
  await written("zsh", script);
  // A zsh in a terminal of its own, in which Tab is pressed; what it makes of the line is what the command is given.
  const sure = CASES.filter(([, offered]) => typeof offered === "string" || offered.length === 1);
  // What is read until a pattern is seen; a key that was pressed too early is pressed again.
  const text = `
    zmodload zsh/zpty
    zpty -b z zsh -f -i
    until_seen() {
      local chunk all=
      integer i
      for ((i = 1; i <= 1500; i++)); do
        while zpty -r z chunk; do all+=$chunk; done
        [[ $all == *$~1* ]] && break
        (( i % 50 )) || [[ -z $2 ]] || zpty -w -n z $2
        sleep 0.02
      done
      print -r -- $all
    }
    zpty -w z "PS1=; PS2=; autoload -Uz compinit; compinit -u -D; source '${script}'; setopt no_beep; unset zle_bracketed_paste"
    zpty -w z 'rp-bench() { print -r -- "got: <$*>"; }; print rea""dy'
    until_seen ready > /dev/null
    for typed in ${sure.map(([typed]) => `'${typed}'`).join(" ")}; do
      zpty -w -n z "rp-bench $typed"$'\t\n'
      until_seen 'got: <*>' $'\n'
    done
    zpty -d z
  `;
  const output = execFileSync("zsh", ["-f", "-c", text], { cwd: folder, encoding: "utf8", timeout: 60_000 });
  const got = [...output.matchAll(/got: <(.*?)>/g)].map(([, line]) => line);
  expect(got).toHaveLength(sure.length);
  sure.forEach(([typed, offered], index) => {
    const before = typed.replace(/[^ =]*$/, "");
    const last = got[index].slice(before.length);
    expect([typed, got[index].startsWith(before)]).toEqual([typed, true]);
    expectOffered(typed, offered, [last]);
  });
});

describe("what is completed", () => {
  const specs = specsOf(createProgram(() => {}));

  it("is every command with every option", () => {
    const options = (path: string) =>
      specs.find((spec) => spec.path === path)?.options.flatMap(({ flags }) => flags);
    expect(specs.find(({ path }) => path === "")?.below).toContain("completion");
    expect(options("run")).toEqual(expect.arrayContaining(["--lr", "--no-save-parameters", "--help", "-h"]));
    expect(options("data show")).toContain("--reconstructions");
  });

  it("has the names that a help text lists, wherever an option takes one of a few", () => {
    for (const { path, options } of specs) {
      for (const { flags, help, values } of options) {
        const listed = /(?:with this (?:engine|optimizer|activation)|on this dataset|name>)/.test(help);
        if (listed && values) expect([path, flags, values.words.length > 1]).toEqual([path, flags, true]);
      }
    }
  });

  it("is for known shells alone", async () => {
    for (const args of [["completion", "tcsh"], ["completion"]]) {
      const { code, stdout, stderr } = await call(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^rp-bench: [^\n]+\n$/);
    }
  });
});

describe("help", () => {
  it.each([[[]], [["run"]], [["data", "fetch"]]])(
    "help %j prints what --help does",
    async (words: string[]) => {
      const asked = await call(["help", ...words]);
      expect(asked).toEqual(await call([...words, "--help"]));
      expect(asked.stdout).toContain(`Usage: ${["rp-bench", ...words].join(" ")} `);
    },
  );

  it.each([
    [["rum"], /^rp-bench: help: rp-bench must be followed by one of run, sweep, .*, got "rum"\n$/],
    [["data", "get"], /^rp-bench: help: data must be followed by one of list, fetch, .*, got "get"\n$/],
    [["run", "fast"], 'rp-bench: help: run takes no further command, got "fast"\n'],
  ])("help %j names what there is", async (words, message) => {
    const { code, stdout, stderr } = await call(["help", ...words]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});
