// What the trained networks make of a few test images, where a run's parameters were saved.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { scaleImages } from "../data/batches.js";
import { CATALOGUE, type DatasetName } from "../data/catalogue.js";
import type { Dataset } from "../data/load.js";
import { messageOf } from "../errors.js";
import { drawContactSheet } from "../figures/contact-sheet.js";
import { groupRuns, titleOf } from "../figures/groups.js";
import { readSavedModel, reconstruct } from "../model/saved-model.js";
import type { RunResult } from "../results/results.js";
import { runName } from "../results/run-name.js";
import type { ReconstructionModel } from "./model.js";

const IMAGES = 10;

/** Null where no run has parameters. One seed of each optimizer is shown, the first. @param load may refuse */
export async function reconstructionsOf(
  folder: string,
  runs: readonly RunResult[],
  load: (name: DatasetName) => Promise<Dataset>,
): Promise<ReconstructionModel | null> {
  const saved = groupRuns(runs).flatMap(({ label, runs: own }) => {
    const paths = own.map((run) => ({ label, seed: run.seed, path: parametersPath(folder, run) }));
    return paths.filter(({ path }) => existsSync(path)).slice(0, 1);
  });
  if (saved.length === 0) return null;
  const title = `${titleOf(runs)}: the first test images, and what each network makes of them`;
  const { dataset: name } = runs[0];
  try {
    const { test } = await load(name);
    const images = Array.from({ length: Math.min(IMAGES, test.count) }, (_, index) => {
      const image = new Float32Array(test.size);
      scaleImages(test, [index], image);
      return image;
    });
    const sheet = (of: ArrayLike<number>[]) =>
      `data:image/png;base64,${drawContactSheet(CATALOGUE[name], of, null).toString("base64")}`;
    const rows = saved.map(({ label, seed, path }) => {
      const model = readSavedModel(path);
      return {
        name: `${label}, seed ${seed}`,
        image: sheet(images.map((image) => reconstruct(model, image))),
      };
    });
    return {
      title,
      rows: [{ name: "test images", image: sheet(images) }, ...rows],
      count: images.length,
      missing: null,
    };
  } catch (error) {
    return { title, rows: [], count: 0, missing: messageOf(error) };
  }
}

function parametersPath(folder: string, run: RunResult): string {
  return join(folder, "runs", `${runName(run)}.safetensors`);
}
