import { existsSync, readFileSync, rmSync } from "node:fs";
import { writeFileAtomically, writing } from "../files/files.js";

/** The checkpoint of one run. Only who has the run, or its whole folder, writes, uses or removes it. */
export class CheckpointFile {
  constructor(
    private readonly path: string,
    /** Whether this process has the run: while it stood still, another may have taken it. */
    private readonly isOwn: () => boolean,
  ) {}

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** null where there is none. */
  read(): Buffer | null {
    return this.exists ? readFileSync(this.path) : null;
  }

  /** @throws RpBenchError WRITE_FAILED */
  write(content: Uint8Array): void {
    if (this.isOwn()) writeFileAtomically(this.path, content);
  }

  /** @throws RpBenchError WRITE_FAILED */
  remove(): void {
    writing(this.path, () => {
      if (this.exists && this.isOwn()) rmSync(this.path, { force: true });
    });
  }
}
