/** Narrower than this, lines are as long as their words. */
const LEAST_WIDTH = 20;

/**
 * Characters in a line of standard output: COLUMNS where it is set, else the terminal's width. What goes to a file or to
 * another program has no end of them, as there a broken line is harder to search than a long one.
 */
export function outputWidth(): number {
  const asked = Number(process.env.COLUMNS);
  if (Number.isInteger(asked) && asked > 0) return Math.max(asked, LEAST_WIDTH);
  return process.stdout.columns > 0
    ? Math.max(process.stdout.columns, LEAST_WIDTH)
    : Number.POSITIVE_INFINITY;
}

/** Of a help text that goes to no terminal. */
const USUAL_WIDTH = 80;

export function helpWidth(): number {
  const width = outputWidth();
  return Number.isFinite(width) ? width : USUAL_WIDTH;
}

/** What no line break may be in: a percentage is one. */
export function wordsOf(text: string): string[] {
  return text.split(/(?<=\S) +(?!%)/);
}

/** Lines of a text, broken at spaces; a word that is longer than a line has one of its own. */
export function wrapped(text: string, width: number): string[] {
  if (text.length <= width) return [text];
  const indent = /^ */.exec(text)?.[0] ?? "";
  const [first = "", ...words] = wordsOf(text.trim());
  const lines = [indent + first];
  for (const word of words) {
    const line = `${lines[lines.length - 1]} ${word}`;
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** Paragraphs for standard output. */
export function paragraphs(texts: readonly string[]): string {
  return texts.map((text) => wrapped(text, outputWidth()).join("\n")).join("\n");
}
