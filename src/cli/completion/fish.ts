import type { CommandSpec, Values } from "./specs.js";

export function fishScript(specs: readonly CommandSpec[]): string {
  return [
    "# Completion of rp-bench for fish. To have it in every shell:",
    "#   rp-bench completion fish > ~/.config/fish/completions/rp-bench.fish",
    "",
    "# Whether the command line begins with these commands.",
    "function __rp_bench_at",
    "    set -l words (commandline -opc)",
    "    for index in (seq (count $argv))",
    "        set -l at (math $index + 1)",
    '        test "$words[$at]" = "$argv[$index]"; or return 1',
    "    end",
    "end",
    "",
    "# Whether they are all there is so far.",
    "function __rp_bench_ends_at",
    "    test (count (commandline -opc)) -eq (math (count $argv) + 1); and __rp_bench_at $argv",
    "end",
    "",
    "complete -c rp-bench -f",
    ...specs.flatMap((spec) => linesOf(spec, specs)),
    "",
  ].join("\n");
}

function linesOf(spec: CommandSpec, specs: readonly CommandSpec[]): string[] {
  const where = (ends: boolean) =>
    `complete -c rp-bench -n ${quoted(`__rp_bench_${ends ? "ends_at" : "at"} ${spec.path}`.trim())}`;
  const options = spec.options.map(({ flags, help, values }) => {
    const names = flags.map((flag) =>
      flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const value = values === null ? [] : [valued(values)];
    return [where(spec.below.length > 0), ...names, ...value, "-d", quoted(help)].join(" ");
  });
  const below = spec.below.map((name) => {
    const summary = specs.find(({ path }) => path === `${spec.path} ${name}`.trim())?.summary ?? "";
    return [where(true), "-a", quoted(name), "-d", quoted(summary)].join(" ");
  });
  // Of several arguments each is offered wherever one can stand: fish does not count them.
  const places = spec.arguments
    .filter(({ words, paths }) => words.length > 0 || paths !== "none")
    .map((values) => [where(false), ...argument(values)].join(" "));
  return [...below, ...options, ...places];
}

/** Of an option: -x takes nothing but what is named here, -r -F files as well. */
function valued(values: Values): string {
  return [values.paths === "files" ? "-r -F" : "-x", ...named(values)].join(" ");
}

function argument(values: Values): string[] {
  return [...(values.paths === "files" ? ["-F"] : []), ...named(values)];
}

function named({ words, paths }: Values): string[] {
  const folders = paths === "folders" ? ["(__fish_complete_directories)"] : [];
  const all = [...words, ...folders];
  return all.length > 0 ? ["-a", quoted(all.join(" "))] : [];
}

function quoted(text: string): string {
  return `'${text.replace(/['\\]/g, "\\$&")}'`;
}
