import type { Fit } from '../../formats/codec.js';
import { type Format, widthOf } from '../../formats/format.js';
import { type AlignedCombine, type Datapath, registerFitOf, totalFitOf } from '../datapath.js';
import { clog2, exponentBits, productExtent, significandBits, unionOf, extentOf } from './extent.js';
import { randomBitsOf } from '../../formats/rounding.js';
import { fitWord, formatWord, isBinary } from './word.js';

/** A library module with the values of its parameters. */
export interface Instance {
  module: string;
  parameters: Readonly<Record<string, number | bigint>>;
  /** Random bits that one firing takes; 0 where nothing is stochastic. */
  random: number;
  /** Width of the module's port for them; 0 where it has none. */
  port: number;
}

/** @throws RangeError naming the datapath and what of it cannot be built */
export function unitInstance(datapath: Datapath): Instance {
  const problem = complaintAbout(datapath);
  if (problem !== undefined) throw new RangeError(`rtl: datapath ${datapath.name} ${problem}`);
  return intMac(datapath) ?? xnor(datapath) ?? radix4(datapath) ?? general(datapath);
}

/** Why no unit of the library computes the datapath; undefined where one does. */
function complaintAbout({ product, combine, sum, blockScale, order, a, b }: Datapath): string | undefined {
  if (blockScale !== undefined) return 'has block scales, and the units take none; leave blockScale out';
  const inner = combine.kind === 'tree' && combine.node !== undefined ? [combine.node] : [];
  for (const fit of [sum, ...inner, ...(product === 'exact' ? [] : [product])]) {
    const problem = fitComplaint(fit);
    if (problem !== undefined) return problem;
  }
  const others = [...inner, ...(product === 'exact' ? [] : [product]), totalFitOf({ sum, order })];
  if (others.some((fit) => fit !== sum && randomBitsOf(fit.rounding) > 0))
    return 'rounds stochastically beside its sum, for which no unit draws; take another rounding there';
  const { format } = registerFitOf(sum);
  if (format !== sum.format && format.kind === 'float' && ['fn', 'merged'].includes(format.specials))
    return `keeps fewer mantissa bits than ${sum.format.name} has, whose NaN is all ones; take a format with IEEE specials`;
  if (randomBitsOf(sum.rounding) === 0) return undefined;
  if (order.kind !== 'sequential')
    return `rounds stochastically in ${order.kind} order; a unit draws in sequential order`;
  if (combine.kind === 'tree' || ('sumInside' in combine && !combine.sumInside))
    return 'rounds stochastically at several places; a unit draws for one rounding an addition';
  const special = [a, b].some(
    (format) => format.kind === 'table' || (format.kind === 'float' && format.specials !== 'none'),
  );
  if (special && !(sum.format.kind === 'float' && sum.format.specials === 'ieee'))
    return `rounds stochastically to ${sum.format.name}, where NaN and infinity do not stay; take a sum format with both`;
  return undefined;
}

/** Why no module rounds so; undefined where one does. */
export function fitComplaint({ format, rounding }: Fit): string | undefined {
  if (format.kind === 'table') return `rounds to ${format.name}; a unit rounds to integers and floats`;
  if (format.kind === 'int') return undefined;
  if (format.radix === 4 || format.lowest === 'none' || !format.signed)
    return `rounds to ${format.name}; a unit rounds to signed radix-2 floats with a zero`;
  if (randomBitsOf(rounding) > 0 && format.lowest !== 'subnormal')
    return `rounds stochastically to ${format.name}; a unit needs subnormals for that`;
  return undefined;
}

function intMac({ a, b, sum, product, combine, lanes }: Datapath): Instance | undefined {
  if (a.kind !== 'int' || b.kind !== 'int' || sum.format.kind !== 'int' || product !== 'exact') return undefined;
  const shift = a.exponent + b.exponent - sum.format.exponent;
  if (shift < 0 || !(combine.kind === 'chain' || (combine.kind === 'fused' && combine.sumInside))) return undefined;
  const parameters = {
    LANES: lanes,
    WA: a.bits,
    WB: b.bits,
    WS: sum.format.bits,
    SIGNED_A: Number(a.signed),
    SIGNED_B: Number(b.signed),
    SIGNED_SUM: Number(sum.format.signed),
    SHIFT: shift,
    SATURATE: Number(sum.overflow !== 'wrap'),
    CHAINED: Number(combine.kind === 'chain'),
  };
  return { module: 'lastbit_int_mac', parameters, random: 0, port: 0 };
}

function xnor({ a, b, sum, product, combine, lanes }: Datapath): Instance | undefined {
  const { format } = sum;
  if (!isBinary(a) || !isBinary(b) || product !== 'exact') return undefined;
  if (format.kind !== 'int' || !format.signed || format.exponent !== 0) return undefined;
  if (combine.kind !== 'fused' || !combine.sumInside) return undefined;
  const parameters = { LANES: lanes, WS: format.bits, SATURATE: Number(sum.overflow !== 'wrap') };
  return { module: 'lastbit_xnor_popcount', parameters, random: 0, port: 0 };
}

function radix4({ a, b, sum, product, combine, lanes }: Datapath): Instance | undefined {
  const { format } = sum;
  if (a.kind !== 'float' || a.radix !== 4 || a.specials !== 'none' || a.lowest !== 'normal' || !a.signed)
    return undefined;
  if (b.kind !== 'int' || format.kind !== 'int' || product !== 'exact' || combine.kind !== 'chain') return undefined;
  const shift = 2 * (1 - a.bias) + (a.shift ?? 0) + b.exponent - format.exponent;
  if (shift < 0 || (a.paddingBits ?? 0) > 0) return undefined;
  const parameters = {
    LANES: lanes,
    WA: widthOf(a),
    WB: b.bits,
    WS: format.bits,
    SIGNED_B: Number(b.signed),
    SIGNED_SUM: Number(format.signed),
    SHIFT: shift,
    SATURATE: Number(sum.overflow !== 'wrap'),
  };
  return { module: 'lastbit_radix4_mac', parameters, random: 0, port: 0 };
}

function general(datapath: Datapath): Instance {
  const { a, b, product, operands, lanes, sum, combine } = datapath;
  const register = registerFitOf(sum);
  const exact = significandBits(a) + significandBits(b);
  const random = randomBitsOf(sum.rounding);
  const parameters = {
    LANES: lanes,
    A: formatWord(a, operands === 'flush'),
    B: formatWord(b, operands === 'flush'),
    PRODUCT: product === 'exact' ? 0n : fitWord(product),
    ROUNDED: Number(product !== 'exact'),
    C: formatWord(sum.format, sum.subnormals === 'flush'),
    SUM: fitWord(register),
    WA: widthOf(a),
    WB: widthOf(b),
    WP: product === 'exact' ? 1 : widthOf(product.format),
    WS: widthOf(sum.format),
    SA: significandBits(a),
    SB: significandBits(b),
    SP: product === 'exact' ? exact : significandBits(product.format),
    SC: significandBits(sum.format),
    EW: exponentBits(datapath, fitsOf(datapath)),
    ...windowOf(datapath),
  };
  const drawing = { RW: Math.max(1, random) };
  switch (combine.kind) {
    case 'chain':
      return {
        module: 'lastbit_mac',
        parameters: { ...parameters, ...drawing },
        random: random * lanes,
        port: drawing.RW * lanes,
      };
    case 'tree': {
      const node = combine.node ?? register;
      const own = {
        NODE: fitWord(node),
        WN: widthOf(node.format),
        ST: Math.max(parameters.SP, significandBits(node.format)),
      };
      return { module: 'lastbit_tree', parameters: { ...parameters, ...own }, random: 0, port: 0 };
    }
    case 'fused': {
      const { low, high } = productExtent(datapath);
      const own = { SUM_INSIDE: Number(combine.sumInside), PLOW: low, PWW: high - low + clog2(lanes) + 2 };
      return { module: 'lastbit_fused', parameters: { ...parameters, ...own, ...drawing }, random, port: drawing.RW };
    }
    default: {
      const own = alignedParameters(datapath, combine);
      return { module: 'lastbit_aligned', parameters: { ...parameters, ...own, ...drawing }, random, port: drawing.RW };
    }
  }
}

/** The numbers that lastbit_cut.sv takes. */
const TRUNCATE: Readonly<Record<AlignedCombine['truncate'], number>> = { rtz: 0, floor: 1, rne: 2 };

function alignedParameters({ widened, operands, a, b, product, lanes }: Datapath, combine: AlignedCombine) {
  const { fractionBits, sumFractionBits = fractionBits, twoStage, exponentFloor, productOverflow } = combine;
  const stage = twoStage ?? {
    productFractionBits: fractionBits,
    sumFractionBits,
    truncate: 'floor',
    dropSumBelow: undefined,
  };
  const flush = operands === 'flush';
  const widest = Math.max(fractionBits, sumFractionBits, stage.productFractionBits, stage.sumFractionBits);
  return {
    SEEN_A: formatWord(widened ?? a, flush),
    SEEN_B: formatWord(widened ?? b, flush),
    F: fractionBits,
    SUM_F: sumFractionBits,
    TRUNCATE: TRUNCATE[combine.truncate],
    NORMALIZED: Number(product !== 'exact' || combine.productExponent === 'normalised'),
    SUM_INSIDE: Number(combine.sumInside),
    ZEROS: Number(combine.zerosAlign ?? false),
    FLOORED: Number(exponentFloor !== undefined),
    FLOOR: exponentFloor ?? 0,
    LIMITED: Number(productOverflow !== undefined),
    LIMIT: productOverflow ?? 0,
    EVEN_ODD: Number(combine.evenOdd ?? false),
    TWO_STAGE: Number(twoStage !== undefined),
    STAGE_F: stage.productFractionBits,
    STAGE_SUM_F: stage.sumFractionBits,
    STAGE_TRUNCATE: TRUNCATE[stage.truncate],
    DROPS: Number(stage.dropSumBelow !== undefined),
    DROP: stage.dropSumBelow ?? 0,
    OW: widest + 6 + clog2(lanes + 1),
  };
}

/** Every fit that a firing rounds to. */
function fitsOf({ product, combine, sum }: Datapath): Fit[] {
  const node = combine.kind === 'tree' ? combine.node : undefined;
  return [registerFitOf(sum), ...(node ? [node] : []), ...(product === 'exact' ? [] : [product])];
}

/** The window of exact sums that are rounded to integers; of no use where there are none. */
function windowOf(datapath: Datapath): { LOW: number; WW: number } {
  const fits = fitsOf(datapath);
  if (fits.every(({ format }) => format.kind !== 'int')) return { LOW: 0, WW: 1 };
  return windowFor(
    [productExtent(datapath), ...fits.map(({ format }) => extentOf(format)), extentOf(datapath.sum.format)],
    datapath.lanes,
  );
}

function windowFor(extents: Parameters<typeof unionOf>[0], terms: number): { LOW: number; WW: number } {
  const { low, high } = unionOf(extents);
  return { LOW: low, WW: high - low + clog2(terms + 1) + 3 };
}

/** fit(x + y) of two codes. */
export function joinInstance(datapath: Datapath, x: { format: Format; flush: boolean }, y: Format, fit: Fit): Instance {
  const problem = fitComplaint(fit);
  if (problem !== undefined) throw new RangeError(`rtl: datapath ${datapath.name} ${problem}`);
  const extents = [extentOf(x.format), extentOf(y), extentOf(fit.format)];
  const parameters = {
    X: formatWord(x.format, x.flush),
    Y: formatWord(y),
    FIT: fitWord(fit),
    WX: widthOf(x.format),
    WY: widthOf(y),
    WIDTH: widthOf(fit.format),
    SX: significandBits(x.format),
    SY: significandBits(y),
    EW: exponentBits({ ...datapath, a: x.format, b: y, product: fit }, [fit]),
    ...(fit.format.kind === 'int' ? windowFor(extents, 2) : { LOW: 0, WW: 1 }),
    RW: Math.max(1, randomBitsOf(fit.rounding)),
  };
  return { module: 'lastbit_join', parameters, random: randomBitsOf(fit.rounding), port: 1 };
}
