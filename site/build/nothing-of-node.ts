import type { Plugin } from "vite";

/** Refuses modules that Node alone has: Vite would put an empty one in their place, which fails only when it is called. */
export function nothingOfNode(): Plugin {
  return {
    name: "nothing-of-node",
    enforce: "pre",
    resolveId(source, importer) {
      if (!source.startsWith("node:")) return;
      this.error(
        `${importer} imports ${source}, which a browser does not have; give that part a file of its own`,
      );
    },
  };
}
