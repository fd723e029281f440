import { defineConfig } from "vitest/config";

/** Processes that are stopped at a moment, or wait for each other: beside other tests the moment would be another. */
const alone = [
  "tests/cli/interrupt.test.ts",
  "tests/cli/resume.test.ts",
  "tests/cli/sweep-interrupt.test.ts",
  "tests/custom/guarded.test.ts",
  "tests/files/lock.test.ts",
  "tests/pulse.test.ts",
  "tests/sweep/executor.test.ts",
];
/** What takes the machine itself: containers, clocks, disks, Slurm, packages that are installed and compiled, the site. */
const system = ["tests/**/*.system.test.ts"];
const slow = ["tests/**/*.slow.test.ts"];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["tests/**/*.test.ts"],
          exclude: [...slow, ...system, ...alone],
          // A process for each file costs a third of a second. What a test changes in its process, it changes back.
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "alone",
          include: alone,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "system",
          include: system,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "slow",
          include: slow,
          testTimeout: 1_800_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
