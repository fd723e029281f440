// Fetching, importing and reading datasets of every layout, whole and damaged, from small files with known checksums.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { CATALOGUE, type DatasetEntry } from "../../src/data/catalogue.js";
import { loadFrom } from "../../src/data/load.js";
import { filesIn } from "../../src/data/locate.js";
import { fetchDataset, importDataset } from "../../src/data/store.js";
import { root, temporaryFolder } from "../support/cli.js";
import { type Answer, cutAfter, honest, serve, status, wrong } from "../support/file-server.js";
import { randomValues } from "../support/random.js";

const fixture = join(root, "tests", "fixtures", "cifar10", "cifar-10-batches-bin");
const hash = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest("hex");

async function archiveOf(files: Record<string, Uint8Array>): Promise<Buffer> {
  const tar = pack();
  for (const [name, bytes] of Object.entries(files)) tar.entry({ name }, Buffer.from(bytes));
  tar.finalize();
  return gzipSync(await buffer(tar));
}
const batches = Object.fromEntries(
  readdirSync(fixture).map((name) => [name, readFileSync(join(fixture, name))]),
);
const inFolder = (files: Record<string, Uint8Array>) =>
  Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`cifar-10-batches-bin/${name}`, bytes]));

/** CIFAR-10's entry with the fixture's checksums. */
async function smallCifar(): Promise<{ entry: DatasetEntry; archive: Buffer }> {
  const archive = await archiveOf(inFolder(batches));
  const entry: DatasetEntry = {
    ...CATALOGUE.cifar10,
    files: CATALOGUE.cifar10.files.map((file) => ({
      ...file,
      ...{ bytes: batches[file.name].length, sha256: hash("sha256", batches[file.name]) },
    })),
    downloads: [{ name: "cifar-10-binary.tar.gz", bytes: archive.length, md5: hash("md5", archive) }],
  };
  return { entry, archive };
}

/** MNIST's entry for 12 and 5 images of noise. */
function smallIdx() {
  const idx = (type: number[], values: Uint8Array) =>
    Buffer.concat([Buffer.from([0, 0, 8, type.length]), ...type.map(word), values]);
  const word = (value: number) => Buffer.from([0, 0, value >> 8, value & 255]);
  const noise = (count: number, most: number, seed: number) =>
    Uint8Array.from(randomValues(count, seed, 0, most));
  const bodies = [12, 5].flatMap((count, seed) => [
    idx([count, 28, 28], noise(count * 784, 256, seed)),
    idx([count], noise(count, 10, seed + 9)),
  ]);
  const files = CATALOGUE.mnist.files.map((file, i) => ({
    ...file,
    bytes: bodies[i].length,
    sha256: hash("sha256", bodies[i]),
  }));
  const zipped = bodies.map((body) => gzipSync(body));
  const downloads = files.map(({ name }, i) => ({
    name: `${name}.gz`,
    bytes: zipped[i].length,
    md5: hash("md5", zipped[i]),
  }));
  const entry: DatasetEntry = { ...CATALOGUE.mnist, files, downloads };
  return { entry, bodies, served: Object.fromEntries(downloads.map(({ name }, i) => [name, zipped[i]])) };
}

const options = {
  signal: new AbortController().signal,
  retryMilliseconds: 1,
  onProgress() {},
  onTrouble() {},
};
const locationOf = (folder: string, entry: DatasetEntry) => {
  const found = filesIn(folder, entry);
  if (!found) throw new Error(`nothing in ${folder}`);
  return { ...found, folder, origin: "test", strict: false };
};

describe("fetchDataset", () => {
  it.each<[string, Answer[]]>([
    ["an honest server", [honest]],
    ["one that breaks off", [cutAfter(5_000), honest]],
  ])("leaves a verified CIFAR-10 folder from %s", async (_, answers) => {
    const { entry, archive } = await smallCifar();
    const { url } = await serve({ "cifar-10-binary.tar.gz": archive }, answers);
    const folder = join(temporaryFolder(), "deep", "cifar10");
    await fetchDataset(entry, folder, { ...options, sources: [url] });
    expect(readdirSync(folder)).toEqual(["cifar-10-batches-bin"]);
    const dataset = await loadFrom(entry, locationOf(folder, entry));
    expect(dataset).toMatchObject({
      verified: true,
      title: "CIFAR-10",
      train: { count: 400 },
      test: { count: 100 },
    });
    // Again: nothing is asked for.
    await fetchDataset(entry, folder, { ...options, sources: [] });
  });

  it("leaves verified gzip files of an IDX dataset", async () => {
    const { entry, served, bodies } = smallIdx();
    const { url } = await serve(served, [honest]);
    const folder = temporaryFolder();
    await fetchDataset(entry, folder, { ...options, sources: [url] });
    const { train, test, verified } = await loadFrom(entry, locationOf(folder, entry));
    expect([train.count, test.count, verified]).toEqual([12, 5, true]);
    expect(Buffer.from(train.pixels)).toEqual(bodies[0].subarray(16));
    expect(Buffer.from(test.labels ?? [])).toEqual(bodies[3].subarray(8));
  });

  it("leaves no file that counts where every source has wrong bytes", async () => {
    const { entry, archive } = await smallCifar();
    const { url } = await serve({ "cifar-10-binary.tar.gz": archive }, [wrong]);
    const folder = temporaryFolder();
    const failed = fetchDataset(entry, folder, { ...options, sources: [url] });
    await expect(failed).rejects.toThrow(expect.objectContaining({ code: "NETWORK_FAILED" }));
    expect(filesIn(folder, entry)).toBeNull();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("tells of each host once, however often it fails and for whatever file", async () => {
    const { entry, served } = smallIdx();
    // The first file comes from the second host; all others from neither.
    const [first] = Object.keys(served);
    const never = await serve(served, [status(503)]);
    const once = await serve({ [first]: served[first] }, [honest]);
    const told: string[] = [];
    const failed = fetchDataset(entry, temporaryFolder(), {
      ...{ ...options, sources: [never.url, once.url], onTrouble: (message: string) => told.push(message) },
    });
    await expect(failed).rejects.toThrow(expect.objectContaining({ code: "NETWORK_FAILED" }));
    expect(told.map((message) => new URL(message.split(": ")[0]).host)).toEqual(
      [never, once].map(({ url }) => new URL(url).host),
    );
  });

  it("replaces what is damaged or a copy, an archive of wrong bytes and a plain file beside a fetched one", async () => {
    const { entry, archive } = await smallCifar();
    const { url } = await serve({ "cifar-10-binary.tar.gz": archive }, [honest]);
    const folder = temporaryFolder();
    const fetchAgain = async () => {
      await fetchDataset(entry, folder, { ...options, sources: [url] });
      expect((await loadFrom(entry, locationOf(folder, entry))).verified).toBe(true);
      expect(readdirSync(folder)).toEqual(["cifar-10-batches-bin"]);
    };
    cpSync(fixture, join(folder, "cifar-10-batches-bin"), { recursive: true });
    truncateSync(join(folder, "cifar-10-batches-bin", "test_batch.bin"), 100);
    writeFileSync(join(folder, "cifar-10-binary.tar.gz"), "rubbish");
    await fetchAgain();
    const altered = Buffer.from(batches["test_batch.bin"]);
    altered[7] ^= 1;
    writeFileSync(join(folder, "cifar-10-batches-bin", "test_batch.bin"), altered);
    await fetchAgain();

    const idx = smallIdx();
    const server = await serve(idx.served, [honest]);
    const store = temporaryFolder();
    writeFileSync(join(store, idx.entry.files[0].name), "an older, plain file");
    await fetchDataset(idx.entry, store, { ...options, sources: [server.url] });
    expect(readdirSync(store).sort()).toEqual(Object.keys(idx.served).sort());
  });

  it("clears what a killed process left", async () => {
    const { entry, served } = smallIdx();
    const { url } = await serve(served, [honest]);
    const folder = temporaryFolder();
    mkdirSync(join(folder, ".staged"));
    writeFileSync(join(folder, ".lock"), "999999999 1");
    await fetchDataset(entry, folder, { ...options, sources: [url] });
    expect(readdirSync(folder).sort()).toEqual(Object.keys(served).sort());
  });

  it("lets two processes fetch the same file at once", async () => {
    const { entry, served } = smallIdx();
    const { url, ranges } = await serve(served, [honest]);
    const folder = temporaryFolder();
    const script = `
      import { fetchDataset } from ${JSON.stringify(join(root, "dist", "data", "store.js"))};
      await fetchDataset(${JSON.stringify(entry)}, ${JSON.stringify(folder)}, {
        signal: new AbortController().signal, sources: [${JSON.stringify(url)}], onProgress() {}, onTrouble: console.log,
      });`;
    const run = () =>
      new Promise((resolve) =>
        spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" }).on(
          "close",
          resolve,
        ),
      );
    expect(await Promise.all([run(), run(), run()])).toEqual([0, 0, 0]);
    expect((await loadFrom(entry, locationOf(folder, entry))).verified).toBe(true);
    expect(ranges).toHaveLength(4); // each file once
    expect(readdirSync(folder).sort()).toEqual(Object.keys(served).sort());
  });
});

describe("reading", () => {
  it("separates labels and planar images of CIFAR-10, from a folder and from its archive", async () => {
    const { entry, archive } = await smallCifar();
    const folder = temporaryFolder();
    writeFileSync(join(folder, "cifar-10-binary.tar.gz"), archive);
    const fromArchive = await loadFrom(entry, locationOf(folder, entry));
    const fromFolder = await loadFrom(entry, locationOf(fixture, entry));
    expect(Buffer.from(fromArchive.train.pixels).equals(fromFolder.train.pixels)).toBe(true);
    const second = batches["data_batch_2.bin"];
    expect(fromFolder.train.labels?.[80]).toBe(second[0]);
    expect(Buffer.from(fromFolder.train.pixels.subarray(80 * 3072, 81 * 3072))).toEqual(
      second.subarray(1, 3073),
    );
    expect(fromArchive.verified).toBe(true);
  });

  it("calls a copy with other bytes what it is", async () => {
    const { verified, title } = await loadFrom(CATALOGUE.cifar10, locationOf(fixture, CATALOGUE.cifar10));
    expect([verified, title]).toEqual([false, "CIFAR-10 (unverified copy)"]);
  });

  const damaged = async (name: string, damage: (path: string) => void) => {
    const folder = temporaryFolder();
    cpSync(fixture, folder, { recursive: true });
    damage(join(folder, name));
    return loadFrom(CATALOGUE.cifar10, locationOf(folder, CATALOGUE.cifar10));
  };
  it.each<[string, (path: string) => void, RegExp]>([
    [
      "a cut batch",
      (path) => truncateSync(path, 5000),
      /data_batch_3\.bin: 5000 bytes are no multiple of 3073/,
    ],
    ["an empty batch", (path) => truncateSync(path, 0), /0 bytes are no multiple/],
    [
      "a label above 9",
      (path) => {
        const bytes = readFileSync(path);
        bytes[2 * 3073] = 10;
        writeFileSync(path, bytes);
      },
      /data_batch_3\.bin: record 2 has label 10, there are 10 classes/,
    ],
  ])("names %s", async (_, damage, message) => {
    await expect(damaged("data_batch_3.bin", damage)).rejects.toThrow(message);
  });

  it.each<[string, (archive: Buffer) => Promise<Buffer> | Buffer, RegExp]>([
    [
      "a cut archive",
      (archive) => archive.subarray(0, archive.length / 2),
      /not a whole archive \(unexpected end of file\)/,
    ],
    ["no gzip file", () => Buffer.from("<html>"), /not a whole archive \(incorrect header check\)/],
    [
      "a path that climbs out",
      () => archiveOf({ "../../data_batch_1.bin": Buffer.alloc(3073), ...inFolder(batches) }),
      /holds the path \.\.\/\.\.\/data_batch_1\.bin, which leads out of its folder/,
    ],
    [
      "an archive that unpacks to no end of something else",
      () => archiveOf({ "padding.bin": Buffer.alloc(64 * 2 ** 20), ...inFolder(batches) }),
      /not a whole archive \(it unpacks to more than \d+ bytes, 4 times the usual\)/,
    ],
    [
      "an archive without a batch",
      () =>
        archiveOf(
          inFolder(Object.fromEntries(Object.entries(batches).filter(([name]) => name !== "test_batch.bin"))),
        ),
      /has no file test_batch\.bin/,
    ],
  ])("names %s", async (_, make, message) => {
    const { entry, archive } = await smallCifar();
    const folder = temporaryFolder();
    const path = join(folder, "cifar-10-binary.tar.gz");
    writeFileSync(path, await make(archive));
    await expect(loadFrom(entry, locationOf(folder, entry))).rejects.toThrow(message);
    const store = join(folder, "store");
    await expect(importDataset(entry, path, store)).rejects.toThrow(message);
    expect(existsSync(store)).toBe(false);
  });

  it("reads an archive of batches of any length, and refuses a trap", async () => {
    const folder = temporaryFolder();
    const half = Object.fromEntries(
      Object.entries(batches).map(([name, bytes]) => [name, bytes.subarray(0, 40 * 3073)]),
    );
    writeFileSync(join(folder, "cifar-10-binary.tar.gz"), await archiveOf(inFolder(half)));
    const { train, verified } = await loadFrom(CATALOGUE.cifar10, locationOf(folder, CATALOGUE.cifar10));
    expect([train.count, verified]).toEqual([200, false]);

    const { entry, served } = smallIdx();
    const [images] = entry.files;
    const bomb = temporaryFolder();
    const huge = gzipSync(Buffer.alloc(40 * images.bytes));
    for (const [name, bytes] of Object.entries({ ...served, [`${images.name}.gz`]: huge })) {
      writeFileSync(join(bomb, name), bytes);
    }
    await expect(loadFrom(entry, locationOf(bomb, entry))).rejects.toThrow(/train-images.*larger than/);
  });

  it("names a cut gzip file, images of another shape and labels of another number", async () => {
    const { entry, served, bodies } = smallIdx();
    const [images, labels] = entry.files;
    const folderWith = (changes: Record<string, Buffer>) => {
      const folder = temporaryFolder();
      for (const [name, bytes] of Object.entries({ ...served, ...changes }))
        writeFileSync(join(folder, name), bytes);
      return loadFrom(entry, locationOf(folder, entry));
    };
    const cut = served[`${images.name}.gz`].subarray(0, 500);
    await expect(folderWith({ [`${images.name}.gz`]: cut })).rejects.toThrow(
      /train-images.*\(unexpected end of file\)/,
    );
    const shape = Buffer.from(bodies[0]);
    shape[11] = 14;
    shape[7] = 24;
    await expect(folderWith({ [`${images.name}.gz`]: gzipSync(shape) })).rejects.toThrow(
      /24 × 14 × 28 values instead of images of 28 × 28/,
    );
    await expect(folderWith({ [`${labels.name}.gz`]: gzipSync(bodies[3]) })).rejects.toThrow(
      /holds 5 labels for 12 images/,
    );
  });
});

describe("importDataset", () => {
  it("copies a folder or an archive that reads, and says what it is", async () => {
    const { entry, archive } = await smallCifar();
    const source = temporaryFolder();
    writeFileSync(join(source, "download.tgz"), archive);
    for (const path of [fixture, join(fixture, ".."), join(source, "download.tgz")]) {
      const store = join(temporaryFolder(), "cifar10");
      const dataset = await importDataset(entry, path, store);
      expect(dataset).toMatchObject({ verified: true, train: { count: 400 } });
      expect(readdirSync(store)).toEqual(["cifar-10-batches-bin"]);
    }
    const idx = smallIdx();
    const folder = temporaryFolder();
    mkdirSync(join(folder, "in"));
    for (const [name, bytes] of Object.entries(idx.served)) writeFileSync(join(folder, "in", name), bytes);
    const store = join(folder, "store");
    expect((await importDataset(idx.entry, join(folder, "in"), store)).verified).toBe(true);
  });

  it("does not put a copy in the place of the known files", async () => {
    const { entry, archive } = await smallCifar();
    const work = temporaryFolder();
    writeFileSync(join(work, "a.tgz"), archive);
    const store = join(work, "store");
    await importDataset(entry, join(work, "a.tgz"), store);
    const copy = join(work, "copy");
    cpSync(fixture, copy, { recursive: true });
    const altered = readFileSync(join(copy, "test_batch.bin"));
    altered[7] ^= 1;
    writeFileSync(join(copy, "test_batch.bin"), altered);
    await expect(importDataset(entry, copy, store)).rejects.toThrow(/has the known files of CIFAR-10/);
    expect((await loadFrom(entry, locationOf(store, entry))).verified).toBe(true);
    // The other way round it may.
    const other = join(work, "other");
    expect((await importDataset(entry, copy, other)).verified).toBe(false);
    expect((await importDataset(entry, join(work, "a.tgz"), other)).verified).toBe(true);
  });

  it("refuses what holds no such dataset", async () => {
    const folder = temporaryFolder();
    copyFileSync(join(fixture, "test_batch.bin"), join(folder, "test_batch.bin"));
    await expect(importDataset(CATALOGUE.cifar10, folder, join(folder, "s"))).rejects.toThrow(
      /does not hold cifar10/,
    );
    await expect(importDataset(CATALOGUE.mnist, "/no/such", join(folder, "s"))).rejects.toThrow(
      /\/no\/such: does not exist/,
    );
  });
});
