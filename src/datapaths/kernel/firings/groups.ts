import type { BlockScale, Datapath } from '../../datapath.js';
import { groupOf } from '../../products.js';
import type { Format } from '../../../formats/format.js';
import { factorWeight } from '../float64/align.js';
import type { CodeArray, GemmJob } from '../contract/gemm.js';
import type { Plan } from '../contract/plan.js';
import { valuesOf } from '../float64/values.js';
import { SCALE_PLACES } from './group.js';
import { type FiringOperand, placesOf } from '../panels/operands.js';
import { type Seen, seenIn } from '../panels/pack.js';

/** Where one operand's elements and scales are: element k of line i, scale of block j of line i. */
interface Lines {
  codes: CodeArray;
  scales: CodeArray | undefined;
  count: number;
  element: (line: number, k: number) => number;
  scale: (line: number, block: number) => number;
  /** The place among so many in the panels' source. */
  place: (line: number, place: number, places: number) => number;
}

/**
 * Operands whose groups share scales, as `groupedFiring` reads them: for every term of the plan its elements, the scale
 * and the scale's power of two. Every element is a code of its own.
 */
export function groupsFor(datapath: Datapath): (job: GemmJob, plan: Plan) => [FiringOperand, FiringOperand] {
  const { a, b, blockScale } = datapath;
  if (blockScale === undefined) throw new RangeError('groupsFor: the datapath has no block scales');
  return (job, plan) => {
    const { m, n, k, aScales, bScales } = job;
    const blocks = Math.ceil(k / blockScale.size);
    const rows: Lines = {
      codes: job.a,
      scales: aScales,
      count: m,
      element: (line, at) => line * k + at,
      scale: (line, block) => line * blocks + block,
      place: (line, place, places) => line * places + place,
    };
    const columns: Lines = {
      codes: job.b,
      scales: bScales,
      count: n,
      element: (line, at) => at * n + line,
      scale: (line, block) => block * n + line,
      place: (line, place) => place * n + line,
    };
    return [grouped(datapath, a, rows, k, plan), grouped(datapath, b, columns, k, plan)];
  };
}

function grouped(datapath: Datapath, format: Format, lines: Lines, k: number, plan: Plan): FiringOperand {
  const { blockScale, operands } = datapath;
  const scale = blockScale as BlockScale;
  const group = groupOf(scale);
  const values = valuesOf(format, operands);
  const factors = valuesOf(scale.format);
  const powers = factors.map((value) => (value - value === 0 ? factorWeight(scale.format, value) : 0));
  const terms = plan.runs.reduce((total, run) => total + run, 0);
  const places = terms * (group + SCALE_PLACES);
  const all = new Float64Array(lines.count * places);
  for (let line = 0; line < lines.count; line++)
    for (let i = 0, to = 0; i < terms; i++) {
      const first = (plan.sequence === undefined ? i : plan.sequence[i]) * group;
      for (let at = first; at < first + group; at++, to++)
        if (at < k) all[lines.place(line, to, places)] = values[lines.codes[lines.element(line, at)]];
      const code = lines.scales?.[lines.scale(line, Math.floor(first / scale.size))];
      all[lines.place(line, to++, places)] = code === undefined ? 1 : factors[code];
      all[lines.place(line, to++, places)] = code === undefined ? 1 : powers[code];
    }
  const one: Seen = { max: 1, negative: false, nans: false, infinities: false, quantum: 0 };
  const seen = together(
    seenIn(lines.codes, values),
    lines.scales === undefined ? one : seenIn(lines.scales, factors),
    group,
  );
  return {
    codes: placesOf(all.length),
    values: all,
    exponents: new Int16Array(0),
    seen,
    largest: 0,
    smallest: -Infinity,
  };
}

/** What sums of a group times a scale hold, as far as this operand goes; the group is counted once for both. */
function together(x: Seen, scale: Seen, group: number): Seen {
  return {
    max: x.max * scale.max * Math.sqrt(group) * (1 + 2 ** -40),
    negative: x.negative || scale.negative,
    nans: x.nans || scale.nans || x.infinities || scale.infinities,
    infinities: x.infinities || scale.infinities,
    quantum: x.quantum + scale.quantum,
  };
}
