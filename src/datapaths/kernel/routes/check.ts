import { type Format, widthOf } from '../../../formats/format.js';
import type { Datapath } from '../../datapath.js';
import { type Gemm, type GemmJob, OPERAND_BITS } from '../contract/gemm.js';
import type { WindowJob } from '../contract/windows.js';

/** The same products, of jobs that are whole. */
export function checkedGemm(gemm: Gemm): Gemm {
  const { datapath, integers, windows } = gemm;
  return {
    ...gemm,
    sums: (job) => gemm.sums(checked(datapath, job)),
    stats: (job) => gemm.stats(checked(datapath, job)),
    ...(windows && {
      windows: {
        sums: (job) => windows.sums(checkedWindows(datapath, job)),
        stats: (job) => windows.stats(checkedWindows(datapath, job)),
        planes: (job, known) => windows.planes(checkedWindows(datapath, job), known),
      },
    }),
    ...(integers && { integers: { ...integers, rows: (job) => integers.rows(checked(datapath, job)) } }),
  };
}

/** @throws RangeError for sizes that are none, and for arrays with fewer codes than the sizes ask for */
function checked({ name, a, b, blockScale }: Datapath, job: GemmJob): GemmJob {
  const { m, n, k } = job;
  for (const [size, value] of Object.entries({ m, n, k }))
    if (!Number.isSafeInteger(value) || value < 0)
      throw new RangeError(`product of ${name}: ${size} must be a whole number from 0 on, found ${value}`);
  const blocks = blockScale === undefined ? 0 : Math.ceil(k / blockScale.size);
  const lengths = { a: m * k, b: k * n, c: m * n, aScales: m * blocks, bScales: blocks * n, sums: m * n };
  for (const [field, length] of Object.entries(lengths)) {
    const codes = job[field as keyof typeof lengths];
    if (codes !== undefined && codes.length < length)
      throw new RangeError(
        `product of ${name}: ${field} has ${codes.length} codes, ${m} x ${n} x ${k} needs ${length}`,
      );
  }
  for (const format of [a, b]) checkWidth(name, format);
  return job;
}

/** @throws RangeError for sizes that are none, and for arrays with fewer codes than the sizes ask for */
function checkedWindows({ name }: Datapath, job: WindowJob): WindowJob {
  const { images, groups, channels, filters, plane, kernel, output, stride, dilation } = job;
  const sizes = [images, groups, channels, filters, ...plane, ...kernel, ...output, ...stride, ...dilation];
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new RangeError(`windows of ${name}: sizes must be whole numbers from 1 on, found ${sizes.join(' ')}`);
  const lengths = {
    a: images * groups * channels * plane[0] * plane[1],
    b: groups * filters * channels * kernel[0] * kernel[1],
  };
  for (const field of ['a', 'b'] as const)
    if (job[field].length !== lengths[field])
      throw new RangeError(
        `windows of ${name}: ${field} has ${job[field].length} codes, its sizes ask for ${lengths[field]}`,
      );
  return job;
}

function checkWidth(name: string, format: Format): void {
  const bits = widthOf(format);
  if (bits > OPERAND_BITS)
    throw new RangeError(
      `product of ${name}: operands have at most ${OPERAND_BITS} bits, ${format.name} has ${bits}; reduce() takes them`,
    );
}
