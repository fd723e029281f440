// How the add-on's sources are compiled, here (build-native.js) and for other platforms (build-packages.js).

/** Flags of one source file beyond the common ones. */
const EVERYWHERE = {
  "addon.cc": [],
  "calibration.cc": [],
  "dispatch.cc": [],
  "network.cc": [],
  "pool.cc": [],
  "simd/portable.cc": [],
};
const OF_PROCESSOR = {
  x64: {
    "simd/avx2.cc": ["-mavx2", "-mfma"],
    "simd/avx512.cc": [
      ...["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw", "-mfma"],
      "-mprefer-vector-width=512",
    ],
  },
  arm64: { "simd/neon.cc": [] },
};

/** @returns for each source file of a processor's add-on, the flags that it has beyond the common ones. */
export function sourcesOf(arch) {
  return { ...EVERYWHERE, ...OF_PROCESSOR[arch] };
}

// -fno-math-errno and -fno-trapping-math let loops become vectors and change no result; -ffast-math, which drops
// NaN and reorders sums, stays off. Nothing is contracted: a * b + c is one rounding where the source says fma, on
// every processor.
export const ARITHMETIC = ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"];

/** Of every source, beside the optimization; `nodeHeaders` is the folder of Node-API's. */
export function commonFlags(nodeHeaders) {
  return [
    ...["-std=c++17", ...ARITHMETIC, "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unknown-pragmas"],
    ...["-DNAPI_VERSION=8", `-I${nodeHeaders}`],
  ];
}
