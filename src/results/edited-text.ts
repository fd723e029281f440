// Text that went through git or an editor: other line ends, a byte order mark, no line end at the end. Its lines are the
// same, so it must neither count as another nor be complained of with two lines that look alike.

import { sha256Of } from "../checksum.js";

/** As this program writes text. */
export function asWrittenText(text: string): string {
  return `${text
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n")
    .trimEnd()}\n`;
}

/** The text whose SHA-256 is known, and whether no more than its line ends were changed since; null if it is another. */
export function textWithSum(bytes: Uint8Array, sha256: string): { text: string; edited: boolean } | null {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (sha256Of(bytes) === sha256) return { text, edited: false };
  const written = asWrittenText(text);
  return sha256Of(Buffer.from(written)) === sha256 ? { text: written, edited: true } : null;
}
