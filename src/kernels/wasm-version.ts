// Written by scripts/build-wasm.js: the version of the modules in native/prebuilt/wasm/ that this code is for.
export const WASM_VERSION = "5760ef72e5bbc657";
