import { runMesh } from '../../arrays/clocked.js';
import { DATAFLOWS, type MacArray, orderOf } from '../../arrays/dataflow.js';
import type { ArrayJob } from '../../arrays/tiling.js';
import { type Datapath, totalFitOf } from '../../datapaths/datapath.js';
import { type CodeArray, codeArray, compileUnit } from '../../datapaths/kernel/index.js';
import { landmarksOf } from '../../formats/landmarks.js';
import type { Format } from '../../formats/format.js';
import { randomFrom } from '../../random/random.js';
import type { Target } from '../../targets/target.js';
import { type PortBank, bankWriter, portEntries } from './portBank.js';
import type { VectorFormat } from '../words/index.js';
import { writingSet } from '../files/fileSet.js';
import { writeImages } from './images.js';
import type { Source } from './layerVectors.js';
import { type Manifest, manifestText, type PortEntry, type Provenance, SCHEMA_VERSION } from './manifest.js';
import { drawer } from './stimulus.js';
import { portStreams } from './streams.js';
import { describeUnit } from './unitVectors.js';

/** A product that goes through an array: drawn, or a layer's. */
export interface TileOperands {
  job: ArrayJob & { groups: number };
  unit: Datapath;
  /** Codes [groups, m, k] and [groups, k, n]. */
  a: CodeArray;
  b: CodeArray;
}

/** Operands that fill an array once, `steps` words in each row. */
export function drawTile(array: MacArray, unit: Datapath, steps: number, seed: number): TileOperands {
  const flow = DATAFLOWS[array.dataflow];
  const lengths = { [flow.row]: array.rows, [flow.col]: array.cols, [flow.time]: steps };
  const [m, n, k] = [lengths.m, lengths.n, lengths.k * unit.lanes];
  const random = randomFrom(seed);
  return {
    job: { layer: 'tile', m, n, k, groups: 1 },
    unit,
    a: drawn(unit.a, m, k, (i) => i),
    b: drawn(unit.b, k, n, (_i, j) => j),
  };

  /** The first row of a, and column of b, are landmarks, so that NaN and infinity reach some sums and not all. */
  function drawn(format: Format, rows: number, cols: number, sumOf: (row: number, col: number) => number): CodeArray {
    const draw = drawer(format, random);
    const marks = landmarksOf(format).map(({ code }) => code);
    const codes = codeArray(format, rows * cols);
    for (let i = 0; i < codes.length; i++) {
      const row = Math.floor(i / cols);
      const marked = sumOf(row, i % cols) === 0;
      codes[i] = Number(marked ? marks[(row + i) % marks.length] : draw.nearOne());
    }
    return codes;
  }
}

/**
 * Writes what is on the ports of a target's array at every clock edge of a product, and the sums that are in the result
 * memory when it is done.
 * @throws Error when the clocked array takes other than the announced number of edges
 */
export async function writeTileVectors(
  target: Target,
  operands: TileOperands,
  format: VectorFormat,
  folder: string,
  about: Provenance & { seed?: number; layer?: string } & Partial<Source>,
): Promise<Manifest> {
  const { array } = target;
  const { job, unit, a, b } = operands;
  const order = orderOf(array, unit);
  const product = { job, a, b };
  const { sums, cycles } = runMesh({ product, array, order, unit: compileUnit(unit) });
  const { streams, run } = portStreams({ product, array, unit, order, sums });
  const bank: PortBank = { name: 'tile', ports: streams, depth: cycles.total };
  return writingSet(folder, (set) => {
    const writer = bankWriter(set, format, bank);
    run(writer.row);
    writer.end();
    const { m, n, k, groups } = job;
    const result = writeImages(set, format, 1, [
      {
        name: 'sums',
        direction: 'out',
        format: totalFitOf(unit, order).format,
        codes: sums,
        meaning: 'the result memory when the product is done',
        tensor: { shape: [groups, m, n] },
      },
    ]);
    const manifest: Manifest = {
      schemaVersion: SCHEMA_VERSION,
      kind: 'tile',
      ...about,
      target: target.name,
      array,
      ...describeUnit(unit, order),
      product: { m, n, k, groups },
      cycles: { ...cycles },
      format,
      ports: [...portEntries(bank, format, (port) => detailsOf(port as (typeof streams)[number])), ...result],
      files: set.entries(),
    };
    set.open('manifest.json').write(manifestText(manifest));
    return manifest;
  });
}

function detailsOf({ direction, valid, meaning }: Pick<PortEntry, 'direction' | 'valid' | 'meaning'>) {
  return { direction, ...(valid !== undefined && { valid }), ...(meaning !== undefined && { meaning }) };
}
