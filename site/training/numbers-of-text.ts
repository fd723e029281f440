// What a visitor writes into a field, as numbers as far as it is some. Nothing here needs a browser.

/** A number where the text is one; else the text, of which the schema then complains. */
export function numberOf(text: string): number | string {
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? text : value;
}

/** "128, 32, 128" or "128-32-128"; nothing is no hidden layer. A dash that no number stands before is a sign. */
export function layersOf(text: string): (number | string)[] {
  return text
    .split(/\s+[–-]\s+|[\s,;]+|(?<=\d)[–-]/)
    .filter(Boolean)
    .map(numberOf);
}
