import { homedir } from "node:os";

/** The user's; null where there is none, as in a container that runs under a number that no user has. */
export function homeFolder(): string | null {
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
