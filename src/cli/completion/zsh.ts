import type { CommandSpec, OptionSpec, Values } from "./specs.js";

/** For zsh's own completion system. */
export function zshScript(specs: readonly CommandSpec[]): string {
  return [
    "#compdef rp-bench",
    "# Completion of rp-bench for zsh. To have it in every shell, put this line into ~/.zshrc, behind compinit:",
    "#   source <(rp-bench completion zsh)",
    "",
    ...OR_PATHS,
    ...specs.flatMap((spec) => [functionOf(spec, specs), ""]),
    'if [[ "$funcstack[1]" == "_rp-bench" ]]; then',
    '  _rp-bench "$@"',
    "else",
    "  compdef _rp-bench rp-bench",
    "fi",
    "",
  ].join("\n");
}

/** Names, or paths that begin alike. */
const OR_PATHS = [
  ["files", "_files"],
  ["folders", "_files -/"],
].flatMap(([paths, files]) => [
  `_rp-bench-or-${paths}() {`,
  "  local ret=1",
  '  compadd -- "$@" && ret=0',
  `  ${files} && ret=0`,
  "  return ret",
  "}",
  "",
]);

function functionNameOf(path: string): string {
  return ["_rp-bench", ...path.split(" ")].filter(Boolean).join("-");
}

function functionOf(spec: CommandSpec, specs: readonly CommandSpec[]): string {
  const options = spec.options.flatMap(optionLines);
  if (spec.below.length === 0) {
    const places = spec.arguments.map((values, index) => {
      const place = spec.repeats && index === spec.arguments.length - 1 ? "*" : String(index + 1);
      return quoted(`${place}:argument:${action(values)}`);
    });
    return [
      `${functionNameOf(spec.path)}() {`,
      `  _arguments -s \\`,
      `    ${[...options, ...places].join(" \\\n    ")}`,
      "}",
    ].join("\n");
  }
  const below = specs.filter(({ path }) =>
    spec.below.some((name) => path === [spec.path, name].filter(Boolean).join(" ")),
  );
  const names = below.map(({ path, summary }) => quoted(`${path.split(" ").at(-1)}:${summary}`));
  return [
    `${functionNameOf(spec.path)}() {`,
    "  local curcontext=$curcontext state line",
    "  local -a commands",
    `  commands=(`,
    ...names.map((name) => `    ${name}`),
    "  )",
    `  _arguments -C ${options.join(" ")} '1: :->command' '*:: :->rest'`,
    "  case $state in",
    "    command) _describe command commands ;;",
    "    rest)",
    "      case $line[1] in",
    ...below.map(({ path }) => `        ${path.split(" ").at(-1)}) ${functionNameOf(path)} ;;`),
    "      esac ;;",
    "  esac",
    "}",
  ].join("\n");
}

/** Each may be given again: those that may not are the program's business. */
function optionLines({ flags, help, values }: OptionSpec): string[] {
  const text = help.replace(/[[\]\\:]/g, "\\$&");
  return flags.map((flag) =>
    quoted(
      values === null
        ? `*${flag}[${text}]`
        : `*${flag}${flag.startsWith("--") ? "=" : ""}[${text}]:value:${action(values)}`,
    ),
  );
}

function action({ words, paths }: Values): string {
  const names = words.map((word) => word.replace(/[\\() ]/g, "\\$&")).join(" ");
  if (paths === "none") return words.length > 0 ? `(${names})` : " ";
  if (words.length === 0) return paths === "folders" ? "_files -/" : "_files";
  // With a space before it, so that it is called as it is.
  return ` _rp-bench-or-${paths} ${names}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
