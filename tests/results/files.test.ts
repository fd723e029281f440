import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeFileAtomically } from "../../src/files/files.js";
import { initialParameters } from "../../src/index.js";
import { RunLog, readRunLog } from "../../src/results/run-log.js";
import { parseRunName, runName } from "../../src/results/run-name.js";
import type { RunRecord } from "../../src/results/run-record.js";
import { safetensors } from "../../src/results/safetensors.js";
import { summarize } from "../../src/results/summary.js";
import { temporaryFolder } from "../support/cli.js";

const row = (step: number, validationLoss: number) => ({
  epoch: step / 3,
  step,
  trainingSeconds: step * 0.1234567,
  trainLoss: validationLoss / 3,
  validationLoss,
  testLoss: 1e-7,
});

describe("run log", () => {
  it("gives back every number, and drops a line that a crash cut", () => {
    const path = join(temporaryFolder(), "log.csv");
    const log = new RunLog(path);
    const rows = [row(0, 0.1), row(1, 1 / 3), row(2, 0.2)];
    for (const each of rows) log.write(each);
    log.close();
    const expected = rows.map((each) => ({
      ...each,
      trainingSeconds: Number(each.trainingSeconds.toFixed(6)),
    }));
    expect(readRunLog(path)).toEqual(expected);
    const text = readFileSync(path, "utf8");
    expect(text.split("\n")[0]).toBe("epoch,step,training_seconds,train_loss,validation_loss,test_loss");
    for (let cut = text.length - 1; cut > text.lastIndexOf("\n", text.length - 2); cut--) {
      writeFileSync(path, text.slice(0, cut));
      expect(readRunLog(path)).toEqual(expected.slice(0, 2));
    }
    writeFileSync(path, "");
    expect(readRunLog(path)).toEqual([]);
  });

  it.each([
    ["epoch,step\n1,2\n", "has no column training_seconds"],
    [
      "epoch,step,training_seconds,train_loss,validation_loss,test_loss\n0,0,0,x,1,1\n",
      "train_loss is not a number: x",
    ],
    ["epoch,step,training_seconds,train_loss,validation_loss,test_loss\n0,0,0,,1,1\n", "train_loss is empty"],
    ["epoch,step,training_seconds,train_loss,validation_loss,test_loss\n0,0\n", "not a CSV file"],
  ])("names what is wrong in %j", (text, message) => {
    const path = join(temporaryFolder(), "log.csv");
    writeFileSync(path, text);
    expect(() => readRunLog(path)).toThrow(`${path}: ${message}`);
  });

  it("says where the disk is full", () => {
    expect(() => new RunLog("/dev/full")).toThrow(/ENOSPC/);
    expect(() => new RunLog("/dev/full")).toThrow(expect.objectContaining({ code: "WRITE_FAILED" }));
  });

  it("says where it cannot write", () => {
    expect(() => new RunLog("/no/such/folder/log.csv")).toThrow(
      expect.objectContaining({ code: "WRITE_FAILED" }),
    );
  });
});

describe("writeFileAtomically", () => {
  it("leaves the old file and no temporary one where it fails", () => {
    const folder = temporaryFolder();
    const path = join(folder, "f.json");
    writeFileAtomically(path, "old");
    expect(() => writeFileAtomically(join(path, "below"), "new")).toThrow(
      expect.objectContaining({ code: "WRITE_FAILED" }),
    );
    const reader = openSync(path, "r");
    writeFileAtomically(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    expect(readFileSync(reader, "utf8")).toBe("old"); // replaced, not written into
    closeSync(reader);
    expect(readdirSync(folder)).toEqual(["f.json"]);
  });
});

describe("run names", () => {
  it.each([
    ["rp", 20, "mnist-rp-lr20-seed0"],
    ["rp-sampled32-lr3", 0.001, "mnist-rp-sampled32-lr3-lr0.001-seed0"],
    ["a-seed1", 1e-7, "mnist-a-seed1-lr1e-7-seed0"],
    ["x", 1e21, "mnist-x-lr1e+21-seed0"],
  ])("%s at %d", (label, learningRate, name) => {
    const identity = { problem: "mnist", label, variant: "", learningRate, seed: 0 };
    expect(runName(identity)).toBe(name);
    expect(parseRunName(name)).toEqual(identity);
  });

  it("passes over names of another form", () => {
    for (const name of [
      "notes",
      "mnist-rp",
      "imagenet-rp-lr1-seed0",
      "mnist-RP-lr1-seed0",
      "mnist-rp-lr-seed0",
      "mnist-rp-lr1-seedx",
    ]) {
      expect(parseRunName(name), name).toBeNull();
    }
  });
});

describe("summary", () => {
  const record: RunRecord = {
    ...{ problem: "mnist", title: "MNIST", dataset: "mnist", loss: "mse", variant: "" },
    label: "rp",
    optimizer: "rp",
    learningRate: 20,
    settings: "",
    seed: 0,
    role: "final",
    status: "done",
    reason: null,
    step: 9,
    lastFiniteLoss: 0.5,
    trainingSeconds: 1.5,
    medianStepMilliseconds: 100,
    engine: { name: "native", instructionSet: "avx2", threads: 2 },
    logSha256: "",
    parametersSha256: null,
  };
  const rows = [row(0, 0.9), row(3, 0.2), row(6, 0.1), row(9, 0.3)];

  it("takes final losses from the last row, the best from any, and the target's first row", () => {
    expect(summarize(record, rows, 0.2)).toMatchObject({
      validation_loss: 0.3,
      best_validation_loss: 0.1,
      best_validation_step: 6,
      target_step: 3,
      target_epoch: 1,
      target_seconds: 0.3,
    });
    expect(summarize(record, rows, 0.01)).toMatchObject({
      target_loss: 0.01,
      target_step: null,
      target_seconds: null,
    });
  });

  it("leaves out what a diverged run does not have", () => {
    const diverged = summarize({ ...record, status: "diverged" }, rows, null);
    expect(diverged).toMatchObject({
      train_loss: null,
      validation_loss: null,
      test_loss: null,
      epoch: null,
      step: 9,
    });
    expect(diverged.last_finite_batch_loss).toBe(0.5);
  });
});

describe("safetensors", () => {
  it("is the documented layout", () => {
    const sizes = [3, 2, 3];
    const parameters = initialParameters(sizes, 1);
    const bytes = Buffer.from(safetensors(parameters, sizes, { activation: "tanh" }));
    const length = Number(bytes.readBigUInt64LE(0));
    expect((8 + length) % 8).toBe(0);
    const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
    expect(header.__metadata__).toEqual({ activation: "tanh" });
    expect(header["layers.1.weight"]).toEqual({ dtype: "F32", shape: [3, 2], data_offsets: [32, 56] });
    expect(bytes.length).toBe(8 + length + 4 * parameters.length);
    expect(bytes.readFloatLE(8 + length + 4)).toBe(parameters[1]);
  });
});
