import type { BlockScale, Datapath } from '../../datapath.js';
import { formatNamed } from '../../../formats/catalog.js';
import type { CodeArray, Gemm, GemmJob } from '../contract/gemm.js';
import { valuesOf } from '../float64/values.js';

const bf16 = formatNamed('bf16');

/**
 * A unit whose operands have block scales, compiled. Where every element times its scale is a bfloat16, exactly, a unit
 * that multiplies those adds the same products in the same order: the same bits, by a kernel that scales keep no one from.
 * What else may come goes through the slower route.
 *
 * @param compile for the unit that multiplies bfloat16
 */
export function blockGemm(slow: Gemm, compile: (datapath: Datapath) => Gemm): Gemm {
  const unit = slow.datapath;
  if (unit.blockScale === undefined || !scalesProducts(unit)) return slow;
  const { blockScale, ...plain } = unit;
  const fast = compile({ ...plain, a: bf16, b: bf16 });
  const codesIn16 = (job: GemmJob) => inBfloat16(job, unit, blockScale);
  return {
    ...slow,
    route: fast.route,
    why: `elements times scales are bfloat16: ${fast.why}`,
    sums(job) {
      const own = codesIn16(job);
      return own === undefined ? slow.sums(job) : fast.sums(own);
    },
    stats(job) {
      const own = codesIn16(job);
      return own === undefined ? slow.stats(job) : fast.stats(own);
    },
  };
}

/** Whether the scales apply to each exact product by itself, and nothing looks at operands' exponents. */
function scalesProducts({ product, combine, widened, operands, blockScale }: Datapath): boolean {
  const apart = blockScale?.apply === 'exponent' || blockScale?.group === 1;
  return apart && product === 'exact' && combine.kind !== 'aligned' && widened === undefined && operands === 'keep';
}

/** The product with bfloat16 operands in place of elements and scales; undefined where one is no finite bfloat16. */
function inBfloat16(job: GemmJob, unit: Datapath, { format, size }: BlockScale): GemmJob | undefined {
  const { m, n, k, c, sums } = job;
  const perRow = Math.ceil(k / size);
  const scale = valuesOf(format);
  // a is [m][k] with scales [m][blocks], b is [k][n] with scales [blocks][n].
  const a = scaledCodes(job.a, valuesOf(unit.a), scale, job.aScales, (i) => {
    const row = Math.floor(i / k);
    return row * perRow + Math.floor((i - row * k) / size);
  });
  const b = scaledCodes(job.b, valuesOf(unit.b), scale, job.bScales, (i) => {
    const row = Math.floor(i / n);
    return Math.floor(row / size) * n + i - row * n;
  });
  return a === undefined || b === undefined ? undefined : { m, n, k, a, b, ...(c && { c }), ...(sums && { sums }) };
}

function scaledCodes(
  codes: CodeArray,
  element: ArrayLike<number>,
  scale: ArrayLike<number>,
  scales: CodeArray | undefined,
  blockOf: (i: number) => number,
): Uint16Array | undefined {
  const halves = new Uint16Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    const value = element[codes[i]] * (scales === undefined ? 1 : scale[scales[blockOf(i)]]);
    single[0] = value;
    if (single[0] !== value || value - value !== 0 || (word[0] & 0xffff) !== 0) return undefined;
    halves[i] = word[0] >>> 16;
  }
  return halves;
}

/** A bfloat16 is the upper half of a float32. */
const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);
