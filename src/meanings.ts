// What the words in a table's cells mean, told where the table is printed, of those that it has.

/** A column, and the meaning of each word that it may hold. */
export interface Meanings {
  column: string;
  words: Readonly<Record<string, string>>;
}

/** "final test loss: “better” means that …; “worse” means that …." One line for each column that holds such words. */
export function meaningsOf([head = [], ...rows]: readonly string[][], all: readonly Meanings[]): string[] {
  return all.flatMap(({ column, words }) => {
    const index = head.indexOf(column);
    const cells = new Set(rows.map((row) => row[index]));
    const used = Object.entries(words).filter(([word]) => cells.has(word));
    return used.length === 0
      ? []
      : [`${column}: ${used.map(([word, meaning]) => `“${word}” means that ${meaning}`).join("; ")}.`];
  });
}
