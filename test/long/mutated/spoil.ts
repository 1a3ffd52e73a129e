import { gzipSync } from 'node:zlib';
import { parse, stringify } from 'yaml';
import { decodeModel, encodeModel } from '../../../src/networks/readers/onnx/proto.js';
import { type Chance, type Mutated, mutateBytes, mutateHead, mutateText } from '../mutator.js';
import { text } from './samples.js';
import { mutateJson, mutateMessage } from './structure.js';

/** How the bytes of each kind of file are spoilt. */
export type MutateBytes = (bytes: Uint8Array, chance: Chance) => Mutated<Uint8Array>;

/** Half by its text, half by its values. */
export const yaml: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const { value, note } = mutateJson(parse(Buffer.from(bytes).toString()), chance);
  return { value: text(stringify(value)), note };
};

export const json: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const { value, note } = mutateJson(JSON.parse(Buffer.from(bytes).toString()), chance);
  return { value: text(JSON.stringify(value)), note };
};

/** One line of a file of JSON lines by its values, or the whole by its text. */
export const jsonLines: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateText(bytes, chance);
  const lines = Buffer.from(bytes).toString().trimEnd().split('\n');
  const at = chance.below(lines.length);
  const { value, note } = mutateJson(JSON.parse(lines[at]), chance);
  lines[at] = JSON.stringify(value);
  return { value: text(`${lines.join('\n')}\n`), note: `line ${at + 1}: ${note}` };
};

/** The header line by its values, what follows by its bytes. */
export const checkpoint: MutateBytes = (bytes, chance) => {
  if (chance.below(2) === 0) return mutateBytes(bytes, chance);
  const end = bytes.indexOf(0x0a);
  const { value, note } = mutateJson(JSON.parse(Buffer.from(bytes.subarray(0, end)).toString()), chance);
  return { value: Buffer.concat([text(JSON.stringify(value)), bytes.subarray(end)]), note: `header: ${note}` };
};

/** One in four by its bytes, else by the fields of its messages, written again. */
export const onnx: MutateBytes = (bytes, chance) => {
  if (chance.below(4) === 0) return mutateBytes(bytes, chance);
  const model = decodeModel(bytes);
  const note = mutateMessage(model, chance);
  try {
    return { value: encodeModel(model), note };
  } catch {
    // The change cannot be written: a number beyond its field's width.
    return mutateBytes(bytes, chance);
  }
};

export const idx: MutateBytes = (bytes, chance) =>
  chance.below(2) === 0 ? mutateHead(bytes, chance, 16) : mutateBytes(bytes, chance);
export const unpackedFirst: MutateBytes = (bytes, chance) => {
  const { value, note } = idx(bytes, chance);
  return { value: gzipSync(value), note };
};

/** numpy's file: half of the changes in its header. */
export const npy: MutateBytes = (bytes, chance) =>
  chance.below(2) === 0 ? mutateHead(bytes, chance, 128) : mutateBytes(bytes, chance);
