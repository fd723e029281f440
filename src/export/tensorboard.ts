// TensorBoard's event files: records of TensorFlow's, each a serialized Event message. The messages are
//   Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; }
//   Summary { repeated Value value = 1; }  Value { string tag = 1; float simple_value = 2; }
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto and summary.proto

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import crc32c from "@chainsafe/fast-crc32c";
import type { RunResult } from "../results/results.js";

/** Scalars of a run, by what TensorBoard calls them. */
const TAGS = [
  ["loss/train", "trainLoss"],
  ["loss/validation", "validationLoss"],
  ["loss/test", "testLoss"],
] as const;

const MASK = 0xa282ead8;

/** The wall time of an event is the run's own clock: how long it had trained. */
export function eventsOf({ rows }: RunResult): Uint8Array {
  const version = message((event) => {
    double(event, 1, 0);
    event.tag(3, WireType.LengthDelimited).string("brain.Event:2");
  });
  const events = rows.map((row) =>
    message((event) => {
      double(event, 1, row.trainingSeconds);
      event.tag(2, WireType.Varint).int64(row.step);
      event.tag(5, WireType.LengthDelimited).fork();
      for (const [tag, key] of TAGS) {
        event.tag(1, WireType.LengthDelimited).fork();
        event.tag(1, WireType.LengthDelimited).string(tag);
        event.tag(2, WireType.Bit32).float(Math.fround(row[key])); // beyond its range: infinite
        event.join();
      }
      event.join();
    }),
  );
  return Buffer.concat([version, ...events].map(recordOf));
}

function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

function double(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Bit64).double(value);
}

/** Length, its checksum, the data and theirs. */
function recordOf(data: Uint8Array): Uint8Array {
  const record = Buffer.alloc(12 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(masked(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(record.subarray(12, 12 + data.length)), 12 + data.length);
  return record;
}

/** TensorFlow turns and shifts its CRC-32C, for data that hold checksums themselves. */
function masked(data: Uint8Array): number {
  const sum = crc32c.calculate(Buffer.from(data)) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + MASK) >>> 0;
}
