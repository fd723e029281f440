// What kind of array a value is, whichever realm made it, where instanceof knows its own alone: the same in Node and in a
// browser.

const kindOf = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

export function isFloat32Array(value: unknown): value is Float32Array {
  return kindOf?.call(value) === "Float32Array";
}

export function isFloat64Array(value: unknown): value is Float64Array {
  return kindOf?.call(value) === "Float64Array";
}
