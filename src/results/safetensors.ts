import { layoutOf } from "../model/architecture.js";

/**
 * The safetensors format: the header's length (8 bytes, little-endian), a JSON header padded with spaces, the values
 * as little-endian float32. One tensor "layers.<l>.weight" [outputs × inputs] and "layers.<l>.bias" [outputs] a layer.
 * https://github.com/huggingface/safetensors
 */
export function safetensors(
  parameters: Float32Array,
  layerSizes: readonly number[],
  metadata: Record<string, string>,
): Uint8Array {
  const tensor = (shape: number[], first: number, last: number) => ({
    dtype: "F32",
    shape,
    data_offsets: [4 * first, 4 * last],
  });
  const header: Record<string, unknown> = { __metadata__: metadata };
  layoutOf(layerSizes).forEach(({ inputs, outputs, weights, biases }, layer) => {
    header[`layers.${layer}.weight`] = tensor([outputs, inputs], weights, biases);
    header[`layers.${layer}.bias`] = tensor([outputs], biases, biases + outputs);
  });
  const json = Buffer.from(JSON.stringify(header));
  const length = Math.ceil(json.length / 8) * 8;
  const bytes = Buffer.alloc(8 + length + 4 * parameters.length, " ");
  bytes.writeBigUInt64LE(BigInt(length));
  json.copy(bytes, 8);
  for (let i = 0; i < parameters.length; i++) bytes.writeFloatLE(parameters[i], 8 + length + 4 * i);
  return bytes;
}
