// The platforms that get a package of compiled kernels, and what a file for each must be.

const GLIBC_LIBRARIES =
  /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/;
const MUSL_LIBRARIES = /^libc\.so$/;
const DARWIN_LIBRARIES = /^\/usr\/lib\/libSystem\.B\.dylib$/;
/** The C library that every Windows from 10 on has, and Node itself, whose program is to be called node.exe there. */
const WINDOWS_LIBRARIES = /^(NODE\.EXE|KERNEL32\.dll|ntdll\.dll|api-ms-win-crt-[a-z]+-l1-1-0\.dll)$/i;

/**
 * target: what Zig calls it; os, cpu, libc: what npm calls it; format, machine: of its files, as LIEF names them; system:
 * the oldest that they load on (of glibc, macOS, Windows), null where none is written into them; libraries: all that they
 * may ask for.
 */
export const PLATFORMS = {
  "linux-x64": {
    target: "x86_64-linux-gnu.2.28",
    ...{ os: "linux", cpu: "x64", libc: "glibc" },
    ...{ format: "ELF", machine: "X86_64", system: "2.28", libraries: GLIBC_LIBRARIES },
  },
  "linux-x64-musl": {
    target: "x86_64-linux-musl",
    ...{ os: "linux", cpu: "x64", libc: "musl" },
    ...{ format: "ELF", machine: "X86_64", system: null, libraries: MUSL_LIBRARIES },
  },
  "linux-arm64": {
    target: "aarch64-linux-gnu.2.28",
    ...{ os: "linux", cpu: "arm64", libc: "glibc" },
    ...{ format: "ELF", machine: "AARCH64", system: "2.28", libraries: GLIBC_LIBRARIES },
  },
  "linux-arm64-musl": {
    target: "aarch64-linux-musl",
    ...{ os: "linux", cpu: "arm64", libc: "musl" },
    ...{ format: "ELF", machine: "AARCH64", system: null, libraries: MUSL_LIBRARIES },
  },
  "darwin-arm64": {
    target: "aarch64-macos.11.0",
    ...{ os: "darwin", cpu: "arm64", libc: null },
    ...{ format: "MACHO", machine: "ARM64", system: "11.0", libraries: DARWIN_LIBRARIES },
  },
  "darwin-x64": {
    target: "x86_64-macos.10.15",
    ...{ os: "darwin", cpu: "x64", libc: null },
    ...{ format: "MACHO", machine: "X86_64", system: "10.15", libraries: DARWIN_LIBRARIES },
  },
  "win32-x64": {
    target: "x86_64-windows-gnu",
    ...{ os: "win32", cpu: "x64", libc: null },
    ...{ format: "PE", machine: "AMD64", system: "10.0", libraries: WINDOWS_LIBRARIES },
  },
};

/** Whose own place on npm is the scope; src/kernels/addon.ts has it, too. */
export const packageName = (platform) => `@rp-bench/${platform}`;
