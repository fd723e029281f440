import { describe, expect, it } from "vitest";
import { type AuditFlags, resolveAuditConfig } from "../../src/config/audit-resolve.js";

const resolve = (flags: Partial<AuditFlags> = {}) => resolveAuditConfig({ overrides: {}, ...flags });

describe("resolveAuditConfig", () => {
  it("has RP at its tuned rate, five epochs and every 25th update where nothing is said", () => {
    expect(resolve()).toMatchObject({ dataset: "mnist", epochs: 5, every: 25, batchSize: 100 });
    expect(resolve().optimizers).toMatchObject([{ name: "rp", learningRate: 20, curvature: "exact" }]);
  });

  it("takes one optimizer, its rate and settings, and the dataset's preset", () => {
    const flags = { optimizer: "sgd", lr: 3, momentum: 0.5, every: 1 };
    const config = resolve({ ...flags, overrides: { dataset: "cifar10", epochs: 2 } });
    expect(config.optimizers).toMatchObject([{ name: "sgd", learningRate: 3, momentum: 0.5 }]);
    expect(config).toMatchObject({ epochs: 2, every: 1, layerSizes: [3072, 256, 64, 256, 3072] });
  });

  it.each<[Partial<AuditFlags>, string]>([
    [{ every: 0 }, "--every: must be at least 1, got 0"],
    [{ every: 1.5 }, "--every: must be a whole number, got 1.5"],
    [{ lr: -1 }, "--lr: must be a positive number, got -1"],
    [{ optimizer: "lion" }, "--optimizer: must be one of rp, adam, sgd"],
    [
      { optimizer: "adam", momentum: 0.9 },
      "--momentum, --nesterov: of no use to adam; choose rp or sgd or rmsprop",
    ],
    [{ overrides: { layerSizes: [784, 8, 783] } }, "--layers: must begin and end with 784"],
  ])("refuses %j", (flags, message) => {
    expect(() => resolve(flags)).toThrow(message);
  });
});
