// The bits that training gives are written down, so that another machine's can be compared with them: those of every
// instruction set with a fused multiply-add in fused.txt, those of the portable kernels in portable.txt, and those of
// what lies above the kernels in sessions.txt. scripts/check-kernels.js compares NEON's with the same files.
//
// Where the arithmetic is changed on purpose they are made again: npm run bits

import { afterEach, expect, it, vi } from "vitest";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { trainingBits } from "../support/bits.js";

afterEach(() => vi.unstubAllEnvs());

const fileOf = (name: string) => `../fixtures/bits/${name}.txt`;

for (const set of ["avx512", "avx2", "neon", "portable"]) {
  it(`trains to the bits that are written down, with ${set}`, async ({ skip }) => {
    vi.stubEnv("RP_BENCH_INSTRUCTION_SET", set);
    const kernels = kernelsOrNull();
    if (!kernels) return skip(`this processor has no ${set}`);
    await expect(trainingBits(kernels)).toMatchFileSnapshot(fileOf(set === "portable" ? "portable" : "fused"));
  });
}

function kernelsOrNull() {
  try {
    return loadNativeKernels({ threads: 3 });
  } catch (error) {
    expect(String(error)).toContain("this processor or build has no"); // a build that does not load fails the test
    return null;
  }
}
