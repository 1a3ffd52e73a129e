import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { type NumberArray, writeNpy } from '../../src/data/index.js';
import type { Network } from '../../src/networks/network.js';
import type { Batch, Images } from '../../src/quantize/contract/images.js';
import { quantizeData, studyDataFor } from '../../src/simulate/purposes.js';
import type { RunData } from '../../src/simulate/runData.js';
import type { Dataset } from '../../src/training/data/dataset.js';
import { CALIBRATION_IMAGES } from '../../src/training/session/finetune.js';
import { folderWith } from '../cli/command.js';
import { network } from '../networks/readers/onnx/samples.js';

const layers = [{ op: 'flatten' as const, name: 'y', inputs: ['image'], outputs: ['y'] }];
const free = network('net', [3], layers);
const fixed = (batch: number): Network => ({
  ...free,
  batch: 'fixed',
  inputs: [{ name: 'image', shape: [batch, 3] }],
});

/** A file of rows of three numbers, the first of which is the row's own. */
function rowsFile(count: number, labelled = false): string {
  const path = join(folderWith(), 'rows.npz');
  const array = (name: string, shape: number[], type: NumberArray['type'], data: NumberArray['data']) =>
    [`${name}.npy`, writeNpy({ shape, type, data })] as const;
  const images = Float32Array.from({ length: 3 * count }, (_, i) => (i % 3 === 0 ? i / 3 : 0));
  const labels = array('labels', [count], 'int32', new Int32Array(count));
  writeFileSync(
    path,
    zipSync(Object.fromEntries([array('image', [count, 3], 'float32', images), ...(labelled ? [labels] : [])])),
  );
  return path;
}

const firsts = (data: ArrayLike<number>) => Array.from(data).filter((_, i) => i % 3 === 0);
const from = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);
const dataOf = (tensor: unknown) => (tensor as { data: Float32Array }).data;

/** Rows that calibrate, batch by batch. */
const batchesOf = (images: Images | Dataset | readonly Batch[]) =>
  (images as readonly Batch[]).map((batch) => firsts(dataOf(batch.get('image'))));
/** Rows that judge, as a run reads them. */
function judgedRows(data: Dataset | RunData): number[] {
  if ('images' in data) return firsts(data.images);
  const each = data.batch;
  return from(0, data.count / each).flatMap((i) => firsts(dataOf(data.inputs(i * each, each).get('image'))));
}

/** `length` rows from `first` on, cut into so many at a time. */
const cut = (first: number, length: number, most: number) =>
  from(0, Math.ceil(length / most)).map((i) => from(first + i * most, Math.min(most, length - i * most)));

it('the head of a file calibrates, in batches of fifty or as the network has them, and no row of it judges', async () => {
  for (const [net, batch] of [[free, 1], ...[1, 3, 4].map((size) => [fixed(size), size] as const)] as const)
    for (const images of [1, 7, 60]) {
      const head = Math.ceil(images / batch) * batch;
      const rest = 5 * batch;
      const { calibration, judged } = await quantizeData(net, images, { folder: rowsFile(head + rest) });
      const together = net.batch === 'free' ? 50 : batch;
      expect(batchesOf(calibration)).toEqual(cut(0, head, together));
      expect(judgedRows(judged)).toEqual(from(head, rest));
      const none = rowsFile(head);
      await expect(quantizeData(net, images, { folder: none })).rejects.toThrow(
        `${none} holds ${head} image${head === 1 ? '' : 's'} and ${head} go to calibration: take fewer --images`,
      );
    }
});

it('where nothing is said 500 rows calibrate, of a short file half, and always one batch at least', async () => {
  for (const [net, count, calibrating] of [
    [free, 2, 1],
    [free, 9, 4],
    [free, 1000, 500],
    [free, 1200, 500],
    [fixed(4), 8, 4],
    [fixed(4), 12, 4],
    [fixed(3), 1200, 501],
  ] as const) {
    const { calibration, calibrated, judged } = await quantizeData(net, undefined, { folder: rowsFile(count) });
    expect(calibrated).toBe(calibrating);
    expect(batchesOf(calibration).flat()).toEqual(from(0, calibrating));
    expect(judgedRows(judged)[0]).toBe(calibrating);
  }
});

it('a CSV file of any numbers calibrates and judges a network that reads as many', async () => {
  const folder = join(folderWith({ 'rows.csv': '0.5,1,1\n-2,1,1\n300,1,1\n0.25,1,1\n' }), 'rows.csv');
  const { calibration, judged } = await quantizeData(free, 2, { folder });
  expect(batchesOf(calibration).flat()).toEqual([0.5, -2]);
  expect(judgedRows(judged)).toEqual([300, 0.25]);
});

it('at most a thousand rows judge a quantization, or one batch where that is more', async () => {
  for (const [net, count, judging] of [
    [free, 1005, 1000],
    [free, 1001, 999],
    [fixed(3), 1200, 999],
    [fixed(1100), 3300, 1100],
  ] as const) {
    const { judged } = await quantizeData(net, 2, { folder: rowsFile(count) });
    expect(judged.count).toBe(judging);
  }
});

it('of a study no row calibrates that judges or trains; the head is half of a short file', async () => {
  for (const [net, batch] of [[free, 1] as const, [fixed(4), 4] as const])
    for (const count of [8, 28, 2 * CALIBRATION_IMAGES, 2 * CALIBRATION_IMAGES + 40])
      for (const images of [4, 1000]) {
        const { calibration, judged, training, plan } = await studyDataFor(net, images, 5, { folder: rowsFile(count) });
        const head = Math.floor(Math.min(CALIBRATION_IMAGES, Math.floor(count / 2)) / batch) * batch;
        const rest = Math.floor(Math.min(images, count - head) / batch) * batch;
        expect(batchesOf(calibration)).toEqual(cut(0, head, net.batch === 'free' ? 50 : batch));
        expect(judgedRows(judged)).toEqual(from(head, rest));
        expect(training).toBeUndefined();
        expect(plan).toMatchObject({ images: rest, skip: head });
      }
  const few = rowsFile(4);
  await expect(studyDataFor(fixed(4), 4, 5, { folder: few })).rejects.toThrow(
    `${few} holds 4 images: one half calibrates, the other judges`,
  );
});

it('rows with labels train too, where enough of them are left', async () => {
  for (const [count, left] of [
    [40, 10],
    [39, 9],
    [41, 11],
  ]) {
    const folder = rowsFile(count, true);
    const { calibration, judged, training } = await studyDataFor(free, count - 20 - left, 10, { folder });
    const head = Math.floor(count / 2);
    const rest = count - 20 - left;
    expect(firsts((calibration as Dataset).images)).toEqual(from(0, head));
    expect(judgedRows(judged)).toEqual(from(head, rest));
    const trains = count - head - rest >= 10;
    expect(training && firsts(training.images)).toEqual(trains ? from(head + rest, 10) : undefined);
  }
  // A batch that the file fixes is no set of single images.
  expect((await studyDataFor(fixed(4), 8, 4, { folder: rowsFile(40, true) })).training).toBeUndefined();
});
