// The sources that the page's text links to: what is said of each, and the pages made of them.

export interface Source {
  /** In the repository. */
  path: string;
  /** What the link leads to: the first line that has this. */
  line: string;
  /** What it is called, and what it does. */
  name: string;
  text: string;
}

export const SOURCES: readonly Source[] = [
  {
    ...{
      path: "src/kernels/reference-curvature.ts",
      line: "export function referenceCurvature",
      name: "referenceCurvature",
    },
    text: "R and h as plain loops",
  },
  {
    ...{
      path: "src/kernels/reference-updates.ts",
      line: "residualPartitioning",
      name: "residualPartitioning",
    },
    text: "the update as plain loops",
  },
  {
    ...{ path: "native/simd/curvature.h", line: "void curvature", name: "curvature.h" },
    text: "the same h, vectorized: what runs here as WebAssembly",
  },
  {
    ...{ path: "src/optimizers/rp.ts", line: "export const rp", name: "rp" },
    text: "the optimizer, with what RP fast adds",
  },
  {
    ...{ path: "src/engines/kernel-engine.ts", line: "async step(", name: "step" },
    text: "one training step",
  },
  {
    ...{ path: "src/training/train.ts", line: "export async function train", name: "train" },
    text: "the loop that trains here",
  },
  {
    ...{ path: "src/demo/model.ts", line: "export function quadraticModel", name: "quadraticModel" },
    text: "D and h of least squares",
  },
  {
    ...{ path: "src/demo/methods.ts", line: "export function descend", name: "descend" },
    text: "the four methods",
  },
];

export const pageOf = ({ path }: Source) => `sources/${path.replace(/[/.]/g, "-")}.html`;

/** List items; a link to a line that is not there any more ends the build. */
export function sourceList(textOf: (path: string) => string): string {
  return SOURCES.map((source) => {
    const line =
      textOf(source.path)
        .split("\n")
        .findIndex((one) => one.includes(source.line)) + 1;
    if (line === 0)
      throw new Error(`${source.path} has no line with "${source.line}" any more (site/build/sources.ts)`);
    return `<li><a href="${pageOf(source)}#L${line}"><code>${source.name}</code></a> ${source.text}</li>`;
  }).join("\n");
}

const asMarkup = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A page with numbered lines, each of which can be linked to: #L12. */
export function sourcePage({ path }: Source, text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  const numbered = lines.map((line, index) => `<li id="L${index + 1}"><code>${asMarkup(line)}\n</code></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${path} · rp-bench</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="style.css">
</head>
<body>
<header><a href="../index.html#step">← Residual partitioning, live</a><h1>${path}</h1></header>
<main tabindex="0" aria-label="${path}"><ol>${numbered.join("")}</ol></main>
</body>
</html>
`;
}

export const SOURCE_STYLE = `:root { color-scheme: light dark; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: light-dark(#f6f7f9, #0f1318); color: light-dark(#1d232b, #e4e8ee); }
header { padding: 1rem 1.25rem 0; }
h1 { font-size: 1.1rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
a { color: light-dark(#00598c, #6cc0f5); }
main { overflow-x: auto; margin: 0 1.25rem 2rem; background: light-dark(#fff, #171c23); border: 1px solid light-dark(#d9dee5, #2c343f); border-radius: 10px; }
ol { margin: 0; padding: 0.75rem 1rem 0.75rem 3.75rem; font: 13px/1.55 ui-monospace, Menlo, Consolas, monospace; min-width: max-content; }
li::marker { color: light-dark(#59636f, #a9b2c0); }
li:target { background: light-dark(#fdebdf, #41230f); }
code { white-space: pre; font: inherit; }
`;
