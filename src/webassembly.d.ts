// As much of WebAssembly's JavaScript interface as is used. It is the same in Node and in browsers, but TypeScript declares
// it in its library of the browser alone, whose other names Node does not have.

declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, Memory>>);
    readonly exports: Record<string, unknown>;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBufferLike;
  }
  class Global {
    value: number;
  }
  class RuntimeError extends Error {}
  function validate(bytes: Uint8Array): boolean;
}
