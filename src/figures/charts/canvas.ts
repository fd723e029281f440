import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import type * as Canvas from "@napi-rs/canvas";
import { messageOf, RpBenchError } from "../../errors.js";
import { homeFolder } from "../../home.js";

/** The library asks for the home folder, to look for fonts there, and does not load where there is none. */
function withHome<T>(load: () => T): T {
  if (homeFolder() !== null) return load();
  const before = process.env.HOME;
  process.env.HOME = tmpdir();
  try {
    return load();
  } finally {
    if (before === undefined) delete process.env.HOME;
    else process.env.HOME = before;
  }
}

/**
 * The library that draws. It has a binary for each platform, as an optional package that may be missing; all that draws
 * nothing must do without it, so it is loaded when it is first used.
 *
 * @throws RpBenchError FIGURES_UNAVAILABLE
 */
export function loadCanvas(): typeof Canvas {
  try {
    return withHome(() => createRequire(import.meta.url)("@napi-rs/canvas"));
  } catch (cause) {
    const remedy = "install it again, with its optional packages: npm install --include=optional";
    const message = `figures cannot be drawn, @napi-rs/canvas does not load (${messageOf(cause).split("\n")[0]}); ${remedy}`;
    throw new RpBenchError("FIGURES_UNAVAILABLE", message, { cause });
  }
}
