// Written by scripts/build-wasm.js: the version of the modules in native/prebuilt/wasm/ that this code is for.
export const WASM_VERSION = "afdc7b7b6f186cb1";
