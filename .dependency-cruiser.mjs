// The layers of src/, written down once: `npm run check` holds the code to them, and `npm run layers` draws the picture
// in docs/development.md. A folder uses those it names, itself, and the files that lie in src/ itself.

/** From the top to the bottom: what a folder holds, which of those below it may use, and why no more. */
export const FOLDERS = {
  cli: {
    holds: "the commands, one file each: they parse, call and print",
    uses: [
      ...["sweep", "check", "verify", "report", "export", "audit", "demo", "doctor", "compare"],
      ...["training", "config", "engines"],
      ...["custom", "optimizers", "kernels", "figures", "results", "data", "model", "files"],
    ],
    why: "The command line calls what does the work, whatever layer that is in, and holds none of it.",
  },
  report: {
    holds: "the page of result folders",
    uses: ["verify", "sweep", "figures", "optimizers", "results", "data", "model", "files"],
    why: "A page is made from what a folder holds, in the words of findings and the charts of figures; it trains nothing.",
  },
  export: {
    holds: "a folder's rows for other tools: CSV, Parquet, TensorBoard",
    uses: ["results", "files"],
    why: "Other tools get what a folder holds, as it is read, and nothing that is concluded from it.",
  },
  verify: {
    holds: "results computed and trained again",
    uses: ["sweep", "training", "config", "engines", "results", "data", "random"],
    why: "To verify is to make a run's or a study's results again, which takes what made them and draws nothing.",
  },
  sweep: {
    holds: "studies: the search for rates, workers, findings",
    uses: ["training", "config", "engines", "figures", "results", "data", "model", "files"],
    why: "A study plans runs and concludes from their results; how a run steps is the business of training.",
  },
  check: {
    holds: "regressions against a baseline",
    uses: ["training", "config", "engines", "results", "data", "files"],
    why: "A check trains and compares numbers; it needs no study and draws nothing.",
  },
  audit: {
    holds: "the bound measured along a run",
    uses: [
      ...[
        "training",
        "config",
        "engines",
        "optimizers",
        "kernels",
        "figures",
        "results",
        "data",
        "model",
        "files",
      ],
    ],
    why: "An audit looks closer at one run, down to the kernels; it needs no study.",
  },
  demo: {
    holds: "figure (a): diagonals on least squares",
    uses: ["config", "figures", "results", "model", "files", "random"],
    why: "The demonstration is plain arithmetic: it trains no network and so needs no engine.",
  },
  doctor: {
    holds: "what a machine has, and what brings the rest",
    uses: ["engines", "optimizers", "kernels", "figures", "results", "data", "model", "files"],
    why: "The doctor must speak where training cannot start, so it asks the parts themselves.",
  },
  compare: {
    holds: "two result folders side by side",
    uses: ["figures", "results"],
    why: "A comparison is made from what two folders hold, so it works where nothing can be trained.",
  },
  training: {
    holds: "one run: the loop, its clock, its log, divergence",
    uses: ["config", "custom", "engines", "optimizers", "results", "data", "model", "files"],
    why: "A run knows neither the commands and studies that ask for it nor how its results are drawn.",
  },
  figures: {
    holds: "charts, and the figures drawn from a result folder",
    uses: ["results", "optimizers", "data", "model", "files"],
    why: "Figures come from loaded results alone, so that they can be drawn again where nothing is trained.",
  },
  results: {
    holds: "the files of a result folder and their types",
    uses: ["data", "model", "files"],
    why: "The files can be read without what made them, so they know no training, no engine and no drawing.",
  },
  config: {
    holds: "configurations: schemas, presets, flags",
    uses: ["custom", "engines", "optimizers", "data", "model", "files"],
    why: "A configuration says what is to be done; it is read before anything is trained or written.",
  },
  custom: {
    holds: "optimizers of the user's own, from a module",
    uses: ["engines", "model"],
    why: "A user's optimizer stands on the session of any engine, as it would outside this program.",
  },
  engines: {
    holds: "training steps over a set of kernels, or TensorFlow.js",
    uses: ["optimizers", "kernels", "model"],
    why: "An engine is not responsible for data, the order of batches, the clock or what is written.",
  },
  optimizers: {
    holds: "one file an algorithm, its equations in the header",
    uses: ["kernels", "model", "random"],
    why: "An algorithm is written over kernels, so every engine that has them has it.",
  },
  kernels: {
    holds: "plain loops (the oracle and the fallback) and the loader of the C++ ones",
    uses: ["model"],
    why: "A kernel computes on arrays; which algorithm calls it is not its business.",
  },
  data: {
    holds: "datasets: the catalogue, formats, downloads, splits, batches",
    uses: ["files", "random"],
    why: "Images are the same for every engine and optimizer, so the data know none.",
  },
  model: {
    holds: "architecture, initialization, the layout of parameters",
    uses: ["random"],
    why: "A network's shape and first parameters are the same for every engine and optimizer, so it knows none.",
  },
  files: {
    holds: "files written whole, and locks",
    uses: [],
    why: "Writing a file safely is below everything that has files.",
  },
  random: {
    holds: "one stream of random numbers a purpose",
    uses: [],
    why: "Randomness is below everything that draws it.",
  },
};

const anyOf = (names) => `(${names.join("|")})`;
const known = anyOf(Object.keys(FOLDERS));

/** No folder uses one that it does not name. */
const layers = Object.entries(FOLDERS).map(([folder, { uses, why }]) => ({
  name: `src/${folder}`,
  severity: "error",
  comment: why,
  from: { path: `^src/${folder}/` },
  to: { path: ["^src/[^/]+/", "^src/index[.]ts$"], pathNot: `^src/${anyOf([folder, ...uses])}/` },
}));

export default {
  forbidden: [
    {
      name: "no circle",
      severity: "error",
      comment:
        "Files that need each other can only be understood together; a type that both need has its own file.",
      from: {},
      to: { circular: true },
    },
    ...layers,
    {
      name: "a folder without a layer",
      severity: "error",
      comment:
        "A new folder of src/ gets its place in .dependency-cruiser.mjs, so that its arrows can be judged.",
      from: { path: "^src/[^/]+/", pathNot: `^src/${known}/` },
      to: {},
    },
    {
      name: "src/*.ts",
      severity: "error",
      comment: "Errors, checksums, validation and statistics serve every layer, so they stand on none.",
      from: { path: "^src/[^/]+[.]ts$", pathNot: "^src/index[.]ts$" },
      to: { path: ["^src/[^/]+/", "^src/index[.]ts$"] },
    },
    {
      name: "src/index.ts",
      severity: "error",
      comment:
        "The library offers engines and what they take; the rest of the program is not promised to anyone.",
      from: { path: "^src/index[.]ts$" },
      to: { path: "^src/[^/]+/", pathNot: "^src/(engines|custom|optimizers|model)/" },
    },
    {
      name: "src/ alone",
      severity: "error",
      comment: "What is shipped is compiled from src/, so it can use nothing of the repository beside it.",
      from: { path: "^src/" },
      to: { path: "^(benchmarks|bin|dist|scripts|site|tests)/" },
    },
    {
      name: "site/",
      severity: "error",
      comment:
        "The page is of what trains and of figure (a); files, results and commands are Node's, and a page has none.",
      from: { path: "^site/" },
      to: { path: "^src/(audit|check|cli|compare|config|custom|doctor|files|sweep|verify)/" },
    },
  ],
  options: {
    // swc's parser, for TypeScript 7 has none that other programs can call. It keeps imports of types.
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: ["node_modules", "^dist/"] },
  },
};
