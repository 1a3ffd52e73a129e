import { AMD } from './amd.js';
import { CPU } from './cpu.js';
import { NPU } from './npu.js';
import { NVIDIA } from './nvidia.js';
import type { Sourced } from './sourced.js';

/** Units of published chips, with source and confidence of every field. What is not known well enough is not here. */
export const SILICON: readonly Sourced[] = [...NVIDIA, ...AMD, ...CPU, ...NPU];

const byName = new Map(SILICON.map((entry) => [entry.datapath.name, entry]));

/** Chip -> the generation whose units it has, as in `h100-fp16-fp32` for `hopper-fp16-fp32`. */
const GENERATION: Readonly<Record<string, string>> = {
  v100: 'volta',
  t4: 'turing',
  a100: 'ampere',
  a2: 'ampere',
  l40s: 'ada',
  h100: 'hopper',
  h200: 'hopper',
  b200: 'blackwell',
  mi100: 'cdna1',
  mi250: 'cdna2',
  mi250x: 'cdna2',
  mi300a: 'cdna3',
  mi300x: 'cdna3',
};

/** The published unit of that name; a chip's name may stand for its generation. */
export function findSilicon(name: string): Sourced | undefined {
  const [chip] = name.split('-', 1);
  const generation = GENERATION[chip];
  return byName.get(generation === undefined ? name : generation + name.slice(chip.length));
}

export { type Confidence, type Evidence, evidenceOf, type Sourced } from './sourced.js';
