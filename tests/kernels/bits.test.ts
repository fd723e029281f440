// The bits that training gives are written down, so that another machine's can be compared with them: those of every
// instruction set with a fused multiply-add in fused.txt, those of the portable kernels and of WebAssembly in portable.txt,
// and those of whole sessions, random numbers included, in sessions.txt and sessions-portable.txt.
// scripts/check-kernels.js compares NEON's with the same files.
//
// Where the arithmetic is changed on purpose they are made again: npm run bits

import { arch } from "node:os";
import { afterEach, expect, it, vi } from "vitest";
import { createKernelEngine } from "../../src/engines/kernel-engine.js";
import { loadNativeKernels } from "../../src/kernels/native.js";
import { loadWasmKernels } from "../../src/kernels/wasm-file.js";
import { sessionBits, trainingBits } from "../support/bits.js";

afterEach(() => vi.unstubAllEnvs());

const fileOf = (name: string) => `../fixtures/bits/${name}.txt`;

it("trains to the same bits with the portable kernels as on every machine", async () => {
  const kernels = kernelsOf("portable");
  await expect(trainingBits(kernels)).toMatchFileSnapshot(fileOf("portable"));
  await expect(await sessionBits(createKernelEngine(kernels))).toMatchFileSnapshot(
    fileOf("sessions-portable"),
  );
});

// Neither has a fused multiply-add, so both round products and sums alike: one set of bits.
it("trains to the same bits with WebAssembly as with the portable kernels", async () => {
  const kernels = loadWasmKernels({ threads: 1 });
  await expect(trainingBits(kernels)).toMatchFileSnapshot(fileOf("portable"));
  await expect(await sessionBits(createKernelEngine(kernels))).toMatchFileSnapshot(
    fileOf("sessions-portable"),
  );
  const three = createKernelEngine(loadWasmKernels({ threads: 3 }));
  await expect(await sessionBits(three)).toMatchFileSnapshot(fileOf("sessions-portable"));
});

for (const set of arch() === "arm64" ? ["neon"] : ["avx2", "avx512"]) {
  it(`trains to the same bits with ${set} as with every fused multiply-add`, async ({ skip }) => {
    if (!isHere(set)) {
      console.log(`not compared: ${set}, which this processor has not`);
      skip();
    }
    const kernels = kernelsOf(set);
    await expect(trainingBits(kernels)).toMatchFileSnapshot(fileOf("fused"));
    await expect(await sessionBits(createKernelEngine(kernels))).toMatchFileSnapshot(fileOf("sessions"));
  });
}

function kernelsOf(set: string) {
  vi.stubEnv("RP_BENCH_INSTRUCTION_SET", set);
  return loadNativeKernels({ threads: 3 });
}

function isHere(set: string): boolean {
  try {
    return kernelsOf(set).instructionSet === set;
  } catch (error) {
    expect(String(error)).toContain(`this processor or build has no ${set} kernels`); // a build must load
    return false;
  }
}
