// Standard output is for what a command finds. With --json and --json-lines it is for programs, so that nothing else may
// stand there: what libraries and users' own optimizers write to it goes to standard error.

type Write = typeof process.stdout.write;

/** How the real standard output is written while it is claimed. */
let claimed: { write: Write; answered: boolean } | null = null;

/** Prints what a command has found. */
export function say(text: string): void {
  if (!claimed) {
    process.stdout.write(text);
    return;
  }
  claimed.write(text);
}

/** From now on `say` alone reaches standard output; the function that is returned ends that. */
export function claimStdout(): () => void {
  const { stdout, stderr } = process;
  const before = stdout.write;
  const mine = { write: before.bind(stdout) as Write, answered: false };
  claimed = mine;
  stdout.write = stderr.write.bind(stderr) as Write;
  return () => {
    stdout.write = before;
    if (claimed === mine) claimed = null;
  };
}

/** The result of the command is printed, so that an error that follows is no answer of its own. */
export function markAnswered(): void {
  if (claimed) claimed.answered = true;
}

export function isAnswered(): boolean {
  return claimed?.answered ?? false;
}
