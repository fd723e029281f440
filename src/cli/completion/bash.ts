// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the shell's

import type { CommandSpec, Values } from "./specs.js";

/** For bash 3.2 and later; it needs no other package. */
export function bashScript(specs: readonly CommandSpec[]): string {
  const groups = specs.filter(({ below, path }) => below.length > 0 && path !== "").map(({ path }) => path);
  const lines = (each: (spec: CommandSpec) => string[]) => specs.flatMap(each).map((line) => `    ${line}`);
  return [
    "# Completion of rp-bench for bash. To have it in every shell, put this line into ~/.bashrc:",
    "#   source <(rp-bench completion bash)",
    "_rp_bench() {",
    '  local cur="${COMP_WORDS[COMP_CWORD]}" flag="" path="" i=1 position=0 words="" paths=none IFS=$\' \\t\\n\'',
    "  COMPREPLY=()",
    "  # --dataset=mnist is three words to bash.",
    '  if [[ $cur == "=" ]]; then',
    '    cur=""',
    '    flag="${COMP_WORDS[COMP_CWORD - 1]}"',
    '  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == "=" ]]; then',
    '    flag="${COMP_WORDS[COMP_CWORD - 2]}"',
    "  elif [[ ${COMP_WORDS[COMP_CWORD - 1]} == -* ]]; then",
    '    flag="${COMP_WORDS[COMP_CWORD - 1]}"',
    "  fi",
    "  if ((COMP_CWORD > i)); then",
    '    path="${COMP_WORDS[i]}"',
    "    ((i++))",
    `    case "$path" in ${groups.join(" | ")})`,
    "      if ((COMP_CWORD > i)); then",
    '        path="$path ${COMP_WORDS[i]}"',
    "        ((i++))",
    "      fi ;;",
    "    esac",
    "  fi",
    '  case "$path $flag" in',
    ...lines((spec) => spec.options.flatMap(({ flags, values }) => flagCase(spec, flags, values))),
    '    *) flag="" ;;',
    "  esac",
    "  if [[ -z $flag && $cur == -* ]]; then",
    '    case "$path" in',
    ...lines(({ path, options }) => [
      `  "${path}") words="${options.flatMap(({ flags }) => flags).join(" ")}" ;;`,
    ]),
    "    esac",
    "  elif [[ -z $flag ]]; then",
    "    while ((i < COMP_CWORD)); do",
    '      case "$path ${COMP_WORDS[i]}" in',
    `        ${takers(specs).join(" | ")})`,
    "          ((i++))",
    '          [[ ${COMP_WORDS[i]} == "=" ]] && ((i++)) ;;',
    '        *" -"*) ;;',
    "        *) ((position++)) ;;",
    "      esac",
    "      ((i++))",
    "    done",
    '    case "$path $position" in',
    ...lines(placeCases).map((line) => `  ${line}`),
    "    esac",
    "  fi",
    '  COMPREPLY=($(compgen -W "$words" -- "$cur"))',
    "  IFS=$'\\n'",
    "  case $paths in",
    '    files) COMPREPLY+=($(compgen -f -- "$cur")) ;;',
    '    folders) COMPREPLY+=($(compgen -d -- "$cur")) ;;',
    "  esac",
    "  if [[ $paths != none ]]; then compopt -o filenames 2> /dev/null; fi",
    "}",
    "complete -F _rp_bench rp-bench",
    "",
  ].join("\n");
}

/** What sets the words and paths of a place. */
function assigned({ words, paths }: Values): string {
  return `words="${words.join(" ")}" paths=${paths}`;
}

function flagCase({ path }: CommandSpec, flags: readonly string[], values: Values | null): string[] {
  if (values === null) return [];
  return [`${flags.map((flag) => `"${path} ${flag}"`).join(" | ")}) ${assigned(values)} ;;`];
}

/** Options that a value follows. */
function takers(specs: readonly CommandSpec[]): string[] {
  return specs.flatMap(({ path, options }) =>
    options.flatMap(({ flags, values }) => (values === null ? [] : flags.map((flag) => `"${path} ${flag}"`))),
  );
}

function placeCases({ path, below, arguments: places, repeats }: CommandSpec): string[] {
  if (below.length > 0) return [`"${path} 0") words="${below.join(" ")}" ;;`];
  return places.map((values, index) => {
    const last = repeats && index === places.length - 1;
    return `${last ? `"${path} "*` : `"${path} ${index}"`}) ${assigned(values)} ;;`;
  });
}
