// The one reader of JSON that somebody may have edited. JSON.parse takes the last of two equal keys without a word, and
// of a byte order mark or a comment it says no more than that a character is unexpected.

import { messageOf } from "./errors.js";

/** What a file holds. @throws Error whose message says what is wrong, after the file's name */
export function parseJson(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const { comment, repeated } = look(text);
  if (comment !== null) {
    throw new Error(`not JSON (line ${comment} holds a comment, and JSON has none: take it out)`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`not JSON (${messageOf(error)})`, { cause: error });
  }
  if (repeated) {
    const { key, line, before } = repeated;
    throw new Error(`has ${key} twice in one object, in lines ${before} and ${line}: take one out`);
  }
  return value;
}

/** Of UTF-8, with or without a byte order mark. */
function textOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (wide) throw new Error("not JSON (it is encoded as UTF-16: save it as UTF-8)");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Error("not JSON (it is not encoded as UTF-8: save it so)", { cause });
  }
}

interface Findings {
  /** The line of the first. */
  comment: number | null;
  /** The first key that its object has already. */
  repeated: { key: string; line: number; before: number } | null;
}

/** Strings, comments, what opens and closes, and line ends; of a text that is not JSON whatever is there. */
const TOKENS = /"(?:[^"\\\n]|\\.)*"(\s*:)?|\/\/|\/\*|^[ \t]*#|[{}[\]]|\n/gm;

function look(text: string): Findings {
  const findings: Findings = { comment: null, repeated: null };
  /** Of the objects that are open, the lines of their keys; null for a list. */
  const open: (Map<string, number> | null)[] = [];
  let line = 1;
  for (const [token, colon] of text.matchAll(TOKENS)) {
    const first = token.trimStart().charAt(0);
    if (first === "{") open.push(new Map());
    else if (first === "[") open.push(null);
    else if (first === "}" || first === "]") open.pop();
    else if (first === "/" || first === "#") return { ...findings, comment: line };
    else if (colon !== undefined) {
      const key = keyOf(token.slice(0, -colon.length));
      const keys = open.at(-1);
      const before = keys?.get(key);
      if (before !== undefined) findings.repeated ??= { key: JSON.stringify(key), line, before };
      keys?.set(key, line);
    }
    line += token.split("\n").length - 1;
  }
  return findings;
}

/** Two spellings may be one key. */
function keyOf(token: string): string {
  try {
    return JSON.parse(token);
  } catch {
    return token; // JSON.parse of the whole text will complain
  }
}
