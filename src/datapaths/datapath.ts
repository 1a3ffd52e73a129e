import { formatNamed } from '../formats/catalog.js';
import { type Fit, fitTo, type Overflow, type Subnormals } from '../formats/codec.js';
import type { Format } from '../formats/format.js';
import type { Rounding } from '../formats/rounding.js';
import { type Order, SEQUENTIAL } from './order.js';

/**
 * A Datapath says what one firing of a MAC unit computes: `lanes` products meet the running sum. It is data; the
 * reference (reference.ts), the kernel (kernel/) and the hardware (rtl/, arrays/mesh.ts) are three readings of it.
 */
export interface Datapath {
  name: string;
  a: Format;
  b: Format;
  /** Products are exact unless each is rounded to a format of its own first. */
  product: 'exact' | Fit;
  /**
   * Products combined in one firing; 1 is a plain MAC. Lanes of the last firing that have no product give +0, which is
   * added like any other (so that a sum of -0 becomes +0) and takes part in no alignment.
   */
  lanes: number;
  combine: Combine;
  sum: SumFit;
  /** The order of the unit's own firings. An array with a dataflow replaces it (arrays/dataflow.ts). */
  order: Order;
  /** Whether subnormal operands are read as zero. Default `keep`. */
  operands: Subnormals;
  /** Operands are first converted, exactly, to this format: an alignment then sees its exponents. Default: they are not. */
  widened?: Format;
  /** What the last firing's sum is fitted to on its way out ("saturate at the end", a narrower output word). */
  result?: Fit;
  /** After that, an integer is scaled to a narrow format (requantize.ts). */
  requantize?: Requantize;
  /** One power-of-two or fp8 scale for each block of operands, read beside them. */
  blockScale?: BlockScale;
  /**
   * The code of NaN results (NVIDIA fp32: 0x7fffffff). Default: the positive quiet NaN of what NaN and invalid operations
   * give. Formats whose only NaN has a sign keep it where an infinity or an overflow became NaN; a NaN that meets no
   * product (k = 0) keeps its payload.
   */
  nanCode?: number;
}

/** How the sum is kept between firings. */
export interface SumFit extends Fit {
  /**
   * Mantissa bits that survive in the register; the rest of the word reads zero (Hopper fp8: 13 of fp32's 23). The initial
   * sum takes part in the first firing with all its bits.
   */
  keptMantissaBits?: number;
}

export type Combine = ChainCombine | TreeCombine | FusedCombine | AlignedCombine;

/** sum = fit(sum + p0), then fit(sum + p1), ...: a rounding after every addition. */
export interface ChainCombine {
  kind: 'chain';
}
/** Products are added pairwise with a rounding to `node` at every node (default: the sum's fit); then the sum joins. */
export interface TreeCombine {
  kind: 'tree';
  node?: Fit;
}
/** All products and the sum are added exactly and rounded once. */
export interface FusedCombine {
  kind: 'fused';
  /** The running sum is a term of the exact sum, or is added afterwards by a separate rounding. */
  sumInside: boolean;
}
/**
 * Every term is cut to `fractionBits` below the largest exponent, the cut terms are added exactly, one rounding ends. An
 * exponent is that of the code's field: subnormal operands and sums have the lowest normal one. The adder is a fixed-point
 * one, whose zero is +0; infinities and NaN follow IEEE 754. A term of which a cut leaves nothing is counted as swamped.
 */
export interface AlignedCombine {
  kind: 'aligned';
  fractionBits: number;
  truncate: 'rtz' | 'floor' | 'rne';
  /** `unnormalised`: a product's exponent is ea + eb, its significand below 4. A product with a fit of its own has its value's. */
  productExponent: 'unnormalised' | 'normalised';
  /** The running sum joins the alignment, or is added afterwards by a separate rounding. */
  sumInside: boolean;
  /** Fraction bits kept of the running sum where they differ (CDNA3). Default: fractionBits. */
  sumFractionBits?: number;
  /** Lowest exponent that the maximum can take, and the running sum in `dropSumBelow` (MMA-Sim's -126 and others). Default: none. */
  exponentFloor?: number;
  /** Whether zero terms take part in the maximum, a zero factor with exponent -126. Default false: they are dropped. */
  zerosAlign?: boolean;
  /** Products of 2^productOverflow and above count as infinite (CDNA3: 128). Default: none. */
  productOverflow?: number;
  /**
   * Even and odd lanes are aligned and summed apart, and joined at the larger maximum (CDNA3 fp8); what is joined, and then
   * meets the running sum, is cut as `twoStage` says, or else by `floor` to the same bits. Default false.
   */
  evenOdd?: boolean;
  /** The products are aligned without the running sum; their sum and it are then cut again, and added (CDNA3). */
  twoStage?: TwoStage;
}
export interface TwoStage {
  /** Fraction bits kept of the products' sum, below the larger of the exponent its terms were aligned to and the running sum's. */
  productFractionBits: number;
  /** Fraction bits kept of the running sum. */
  sumFractionBits: number;
  truncate: 'rtz' | 'floor' | 'rne';
  /** The running sum is dropped where its exponent is lower by more than this. Default: never. */
  dropSumBelow?: number;
}

/** Scales of operand blocks along k; applied to every product before alignment, or to the exact sum of each group. */
export interface BlockScale {
  format: Format;
  /** Operands that share a scale. */
  size: number;
  apply: 'exponent' | 'group';
  /** Products that are summed exactly before the scales apply, for `group`. Default: size. */
  group?: number;
}

/** Integer sum -> narrow code: ALGORITHMS a; the shift family, gemmlowp's two and the float multiplier. */
export interface Requantize {
  kind: 'shift' | 'gemmlowp-double' | 'gemmlowp-single' | 'float';
  format: Format;
  /** Right shift, for `shift`. */
  shift?: number;
  rounding?: 'half-even' | 'half-away' | 'half-up' | 'floor';
  /** Bits below the guard bit that are looked at (NVDLA: 15). Default: all that are shifted out. */
  stickyBits?: number;
  /** Real multiplier s_a * s_b / s_y, for `gemmlowp-*` and `float`. */
  multiplier?: number;
  bias?: number;
  zeroPoint?: number;
  clamp?: [number, number];
}

/** A datapath from its parts, with the contract's defaults: product exact, lanes 1, combine chain, order sequential. */
export function datapath(
  parts: Pick<Datapath, 'name' | 'a' | 'b' | 'sum'> & Partial<Omit<Datapath, 'name' | 'a' | 'b' | 'sum'>>,
): Datapath {
  return {
    product: 'exact',
    lanes: 1,
    combine: { kind: 'chain' },
    order: { kind: 'sequential' },
    operands: parts.sum.subnormals,
    ...parts,
  };
}

/** A sum's fit by format name: `sumFit('fp16', { rounding: 'rtz' })`. */
export function sumFit(format: string | Format, parts: Partial<Omit<SumFit, 'format'>> = {}): SumFit {
  return fitTo(typeof format === 'string' ? formatNamed(format) : format, parts);
}

/**
 * The format that the sum register really holds: narrower than its word where fewer mantissa bits are kept, and then
 * padded with zeros to the word.
 */
export function registerFormatOf(sum: SumFit): Format {
  const { format, keptMantissaBits } = sum;
  if (keptMantissaBits === undefined || format.kind !== 'float' || keptMantissaBits >= format.mantissaBits)
    return format;
  const paddingBits = (format.paddingBits ?? 0) + format.mantissaBits - keptMantissaBits;
  return { ...format, mantissaBits: keptMantissaBits, paddingBits };
}

/** One for each sum: what is known of a format is kept by the format. */
const registerFits = new WeakMap<SumFit, Fit>();

/** The fit of a register between firings: the sum's, in the format that the register really holds. */
export function registerFitOf(sum: SumFit): Fit {
  let fit = registerFits.get(sum);
  if (fit === undefined) registerFits.set(sum, (fit = { ...sum, format: registerFormatOf(sum) }));
  return fit;
}

/**
 * The fit of the register that holds the sum in the end: the outer one of a chunked order where it has its own, else the
 * sum's. The initial sum is read from it, and a result without further stages is a code of its format.
 */
export function totalFitOf(datapath: Pick<Datapath, 'sum' | 'order'>, order = datapath.order): SumFit {
  if (order.kind === 'permuted') return totalFitOf(datapath, order.after ?? SEQUENTIAL);
  return (order.kind === 'chunked' ? order.outer : undefined) ?? datapath.sum;
}

export type { Fit, Overflow, Rounding, Subnormals };
