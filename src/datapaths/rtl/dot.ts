import type { Fit } from '../../formats/codec.js';
import { encode, fitTo } from '../../formats/codec.js';
import { fp32, int } from '../../formats/catalog.js';
import { type Format, widthOf } from '../../formats/format.js';
import { fromNumber } from '../../formats/raw.js';
import { type Datapath, registerFitOf, type Requantize, totalFitOf } from '../datapath.js';
import { resultFormatOf } from '../exact.js';
import { type Order, permutedPlaces } from '../order.js';
import { quantizeMultiplier, rangeOf } from '../requantize.js';
import { codeBits, instantiate, port, range, titleOf } from './emit.js';
import { exponentBits, significandBits } from './extent.js';
import { fitComplaint, type Instance, joinInstance, unitInstance } from './unit.js';
import { fitWord, formatWord } from './word.js';

/** A sum on its way: the wire that carries its code, and the format of the code. */
interface Sum {
  wire: string;
  format: Format;
  /** Subnormal codes read as zero. */
  flush: boolean;
}

/** The instances of a combinational dot product, in the order in which the reference rounds. */
class Netlist {
  readonly lines: string[] = [];
  readonly datapath: Datapath;
  readonly unit: string;
  /** Random bits taken so far. */
  random = 0;
  #count = 0;

  constructor(datapath: Datapath, unit: string) {
    this.datapath = datapath;
    this.unit = unit;
  }

  /** Code of +0 in the sum register, which is all zeros in every format that a sum has. */
  zero(): Sum {
    const { format } = this.datapath.sum;
    return { wire: `${widthOf(format)}'d0`, format, flush: false };
  }

  wire(format: Format): string {
    const name = `s${this.#count++}`;
    this.lines.push(`  wire ${range(widthOf(format))}${name};`);
    return name;
  }

  /** Fires the unit, or a module of its ports, on products by their numbers. */
  fire(terms: readonly number[], running: Sum, module = this.unit, lanes = this.datapath.lanes): Sum {
    const { a, b, sum } = this.datapath;
    const wire = this.wire(sum.format);
    const drawn = unitInstance(this.datapath).random;
    const wires = [
      `.a(${lanesOf('a', a, terms, lanes)})`,
      `.b(${lanesOf('b', b, terms, lanes)})`,
      `.live(${lanes}'d${(1n << BigInt(terms.length)) - 1n})`,
      `.c(${running.wire})`,
      `.random(${drawn > 0 ? `random[${this.random} +: ${drawn}]` : "1'b0"})`,
      `.sum(${wire})`,
      '.flags()',
    ];
    this.random += drawn;
    this.lines.push(`  ${module} f_${wire} (${wires.join(', ')});`);
    return { wire, format: sum.format, flush: false };
  }

  /** fit(x + y). */
  join(x: Sum, y: Sum, fit: Fit): Sum {
    const wire = this.wire(fit.format);
    const instance = joinInstance(this.datapath, x, y.format, fit);
    this.lines.push(
      instantiate(instance, `j_${wire}`, { x: x.wire, y: y.wire, random: "1'b0", total: wire, flags: '' }),
    );
    return { wire, format: fit.format, flush: false };
  }
}

/** Codes of some lanes side by side, lane 0 lowest; lanes without a product read zero. */
function lanesOf(name: string, format: Format, terms: readonly number[], lanes: number): string {
  const width = widthOf(format);
  const slices = terms.map((k) => `${name}[${k * width} +: ${width}]`);
  const idle = lanes - terms.length;
  const parts = [...(idle > 0 ? [`${idle * width}'d0`] : []), ...slices.reverse()];
  return `{${parts.join(', ')}}`;
}

function blocksOf<T>(items: readonly T[], length: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}

function firings(net: Netlist, terms: readonly number[], start: Sum): Sum {
  return blocksOf(terms, net.datapath.lanes).reduce((running, block) => net.fire(block, running), start);
}

function inOrder(net: Netlist, order: Order, terms: readonly number[], start: Sum): Sum {
  const register = registerFitOf(net.datapath.sum);
  switch (order.kind) {
    case 'sequential':
      return firings(net, terms, start);
    case 'chunked':
      return blocksOf(terms, order.length).reduce(
        (total, block) => net.join(total, firings(net, block, net.zero()), order.outer ?? register),
        start,
      );
    case 'tree':
      return blocksOf(terms, order.width).reduce((total, block) => treeOf(net, block, total), start);
    case 'interleaved': {
      const blocks = blocksOf(terms, net.datapath.lanes);
      const ways = Array.from({ length: order.ways }, (_, way) =>
        blocks.filter((_block, i) => i % order.ways === way).flat(),
      );
      const sums = ways.map((way, i) => firings(net, way, i === 0 ? start : net.zero()));
      return sums.slice(1).reduce((total, way) => net.join(total, way, register), sums[0]);
    }
    default: {
      const moved = permutedPlaces(order.indices, terms.length).map((place) => terms[place]);
      return inOrder(net, order.after ?? { kind: 'sequential' }, moved, start);
    }
  }
}

/** A block reduced pairwise: by a tree unit where products are its leaves, else by joining firings. */
function treeOf(net: Netlist, block: readonly number[], total: Sum): Sum {
  const register = registerFitOf(net.datapath.sum);
  if (net.datapath.lanes === 1) return net.fire(block, total, treeName(net.unit, block.length), block.length);
  let level = blocksOf(block, net.datapath.lanes).map((leaf) => net.fire(leaf, net.zero()));
  while (level.length > 1) level = blocksOf(level, 2).map(([x, y]) => (y === undefined ? x : net.join(x, y, register)));
  return net.join(total, level[0], register);
}

/** The tree unit that an order of a plain MAC needs for a block of that width. */
const treeName = (unit: string, width: number) => `${unit}_tree${width}`;

/** Trees for a plain MAC's order: its products pairwise, rounded at every node as its sum is. */
export function treesOf(datapath: Datapath, k: number, unit: string): { name: string; datapath: Datapath }[] {
  const { order, lanes } = datapath;
  if (order.kind !== 'tree' || lanes > 1) return [];
  const widths = new Set([Math.min(order.width, k), k % order.width].filter((width) => width > 0));
  return [...widths].map((width) => ({
    name: treeName(unit, width),
    datapath: { ...datapath, lanes: width, combine: { kind: 'tree' }, order: { kind: 'sequential' } },
  }));
}

/** What follows the last addition: the result's fit, the requantizer, the code of NaN. */
function finish(net: Netlist, total: Sum): Sum {
  const { result, requantize, nanCode } = net.datapath;
  let last: Sum = { ...total, flush: false };
  let nan = '';
  if (result !== undefined || nanCode !== undefined) {
    const fit = result ?? { ...registerFitOf(totalFitOf(net.datapath)), rounding: 'rne' };
    const problem =
      fitComplaint(fit) ?? (typeof fit.rounding === 'string' ? undefined : 'rounds its result stochastically');
    if (problem !== undefined) throw new RangeError(`rtl: datapath ${net.datapath.name} ${problem}`);
    const wire = net.wire(fit.format);
    net.lines.push('  wire is_nan;');
    nan = 'is_nan';
    const parameters = {
      X: formatWord(total.format),
      FIT: fitWord(fit),
      WX: widthOf(total.format),
      WIDTH: widthOf(fit.format),
      SX: significandBits(total.format),
      EW: exponentBits({ ...net.datapath, a: total.format, b: total.format, product: fit }, [fit]),
    };
    const convert: Instance = { module: 'lastbit_convert', parameters, random: 0, port: 0 };
    net.lines.push(instantiate(convert, 'finish', { x: total.wire, result: wire, nan, flags: '' }));
    last = { wire, format: fit.format, flush: false };
  }
  if (requantize !== undefined) {
    const wire = net.wire(requantize.format);
    const instance = requantizeInstance(requantize, last.format);
    net.lines.push(instantiate(instance, 'requantize', { x: last.wire, y: wire }));
    last = { wire, format: requantize.format, flush: false };
  }
  if (nanCode === undefined) return last;
  const wire = net.wire(last.format);
  net.lines.push(`  assign ${wire} = ${nan} ? ${widthOf(last.format)}'d${nanCode} : ${last.wire};`);
  return { ...last, wire };
}

/** The numbers that lastbit_requantize.sv takes. */
const SHIFT_ROUNDINGS: Readonly<Record<NonNullable<Requantize['rounding']>, number>> = {
  'half-even': 0,
  'half-away': 1,
  'half-up': 2,
  floor: 3,
};

/** The requantizer of a stage that reads codes of that format. */
export function requantizeInstance(stage: Requantize, from: Format): Instance {
  const { kind, format, multiplier = 1, shift = 0, rounding = 'half-even', stickyBits = 128 } = stage;
  const [low, high] = rangeOf(stage);
  const common = {
    WX: widthOf(from),
    WY: widthOf(format),
    SIGNED_X: Number(from.kind === 'int' && from.signed),
    BIAS: stage.bias ?? 0,
    ZERO_POINT: stage.zeroPoint ?? 0,
    MIN: Number(low),
    MAX: Number(high),
  };
  if (kind === 'float') {
    const own = {
      MULTIPLIER: Number(encode(fromNumber(multiplier), fitTo(fp32)).code),
      FP32: fitWord(fitTo(fp32)),
      INT64: fitWord(fitTo(int(64), { overflow: 'saturate' })),
    };
    return { module: 'lastbit_requantize_float', parameters: { ...common, ...own }, random: 0, port: 0 };
  }
  const scale = quantizeMultiplier(multiplier);
  if (kind !== 'shift' && scale.shift > 30)
    throw new RangeError(`rtl: the requantizer's multiplier must be below 2^30, found ${multiplier}`);
  const own: Record<string, number> =
    kind === 'shift'
      ? { KIND: 0, SHIFT: shift, ROUNDING: SHIFT_ROUNDINGS[rounding], STICKY: stickyBits }
      : { KIND: kind === 'gemmlowp-double' ? 1 : 2, SHIFT: scale.shift, Q31: Number(scale.q31) };
  return { module: 'lastbit_requantize', parameters: { ...common, ...own }, random: 0, port: 0 };
}

/** Bits of the port `random` of a dot product of k; 0 where it has none. */
export function randomBitsOfDot(datapath: Datapath, k: number): number {
  return unitInstance(datapath).random * Math.ceil(k / datapath.lanes);
}

/**
 * A combinational dot product of k products in the datapath's own order, with its result stages: the ports of golden
 * vectors (a, b, c, result). Idle lanes of the last firing give +0.
 */
export function dotModule(datapath: Datapath, k: number, module: string, unit: string): string {
  const { a, b } = datapath;
  const total = totalFitOf(datapath);
  const net = new Netlist(datapath, unit);
  const start = { wire: 'c', format: total.format, flush: total.subnormals === 'flush' };
  const terms = Array.from({ length: k }, (_, i) => i);
  const { wire } = finish(net, inOrder(net, datapath.order, terms, start));
  const random = randomBitsOfDot(datapath, k);
  const ports = [
    '  input  wire clk',
    port('input', codeBits(a, k), 'a'),
    port('input', codeBits(b, k), 'b'),
    port('input', codeBits(total.format), 'c'),
    ...(random > 0 ? [port('input', random, 'random')] : []),
    port('output', codeBits(resultFormatOf(datapath)), 'result'),
  ];
  return `// Dot product of ${k} in ${datapath.order.kind} order, combinational (clk is not used): ${titleOf(datapath)}.
module ${module} (
${ports.join(',\n')}
);
${net.lines.join('\n')}
  assign result = ${wire};
endmodule
`;
}
