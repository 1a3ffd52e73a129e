import { afterAll, describe, expect, it } from 'vitest';
import { datapath } from '../../src/datapaths/datapath.js';
import { encoderOf } from '../../src/datapaths/kernel/float64/encode.js';
import { rounderOf } from '../../src/datapaths/kernel/float64/rounder.js';
import { FORMATS, formatNamed } from '../../src/formats/catalog.js';
import { encode, type Fit, fitTo, flagNames, OVERFLOWS } from '../../src/formats/codec.js';
import { type Format, widthOf } from '../../src/formats/format.js';
import { type Raw, toNumber } from '../../src/formats/raw.js';
import { ROUNDINGS, type Rounding, stochastic } from '../../src/formats/rounding.js';
import { encodeAll } from '../../src/networks/codes.js';
import { records } from '../formats/records.js';
import { THOROUGH } from '../programs.js';
import { compile, type Design, discard, INSTALLED, writeBench } from '../rtl/bench.js';
import { type Case, outcome, PROBES, valueOf, wanted } from './outside.js';

/**
 * Every format, overflow policy and rounding against the definition of outside.ts: finite overflow, both infinities, NaN,
 * both zeros, negative values where there is no sign. The codec, the kernels' float64 rounder, the networks' encoder of
 * arrays and the RTL keep the same rules.
 */
const formats: readonly Format[] = [...FORMATS, ...records()];
const roundings: readonly Rounding[] = [...ROUNDINGS, stochastic(4)];

interface Row extends Case {
  raw: Raw;
  want: string;
  mode: Rounding;
}

function* rowsOf(format: Format, modes: readonly Rounding[] = roundings): Generator<Row> {
  for (const overflow of OVERFLOWS)
    for (const mode of modes)
      for (const probe of PROBES) {
        const rounding = typeof mode === 'string' ? mode : 'stochastic';
        const want = wanted(format, { overflow, rounding, probe });
        const raw = valueOf(format, probe);
        if (want !== undefined && raw !== undefined) yield { overflow, rounding, probe, raw, want, mode };
      }
}

/** The rows that give something else, in words. */
function wrong(format: Format, rows: Iterable<Row>, give: (row: Row) => string | undefined) {
  const differing: string[] = [];
  let checked = 0;
  for (const row of rows) {
    const got = give(row);
    if (got === undefined) continue;
    checked++;
    const { overflow, rounding, probe, want } = row;
    if (got !== want)
      differing.push(
        `${format.name} ${overflow} ${rounding} ${probe.negative ? '-' : ''}${probe.kind}: ${got}, not ${want}`,
      );
  }
  return { differing, checked };
}

const codeOf = (text: string) => text.split(' ', 1)[0];

describe('what a format does not reach', () => {
  it.each(formats.map((format) => [format.name, format] as const))('%s, by the codec', (_name, format) => {
    const { differing, checked } = wrong(format, rowsOf(format), ({ raw, overflow, mode }) => {
      const { code, flags } = encode(raw, fitTo(format, { overflow, rounding: mode }), () => 9n);
      return outcome(code, flagNames(flags));
    });
    expect(differing).toEqual([]);
    expect(checked).toBeGreaterThan(150);
  });

  it('the same by the float64 rounder of the kernels, and its count of overflows', () => {
    let carried = 0;
    for (const format of formats) {
      const { differing, checked } = wrong(format, rowsOf(format), ({ raw, overflow, mode, want }) => {
        const fit = fitTo(format, { overflow, rounding: mode });
        const tally = { swamped: 0, overflowed: 0 };
        const rounder = rounderOf(fit, tally, () => 9);
        const value = toNumber(raw);
        // A value is given as float64 holds it; sums come rounded to odd with bits to spare.
        if (rounder === undefined || (raw.kind === 'finite' && !Number.isFinite(value))) return undefined;
        const code = encoderOf(fit)(rounder.round(value));
        const counted = tally.overflowed === Number(want.endsWith('overflow'));
        return counted && code.toString(16) === codeOf(want) ? want : `${code.toString(16)} with ${tally.overflowed}`;
      });
      expect(differing).toEqual([]);
      carried += Number(checked > 0);
    }
    expect(carried).toBeGreaterThan(60);
  });

  it("the same by the networks' encoder of float32 arrays", () => {
    let encoded = 0;
    // To find the steps of a fit takes milliseconds: elsewhere than in .ci/run each format takes two roundings of its own.
    const modesOf = (at: number) => ROUNDINGS.filter((_, i) => THOROUGH || i % 4 === at % 4);
    for (const [at, format] of formats.filter((each) => widthOf(each) <= 32).entries()) {
      const fits = new Map<string, Fit>();
      const { differing, checked } = wrong(
        format,
        rowsOf(format, modesOf(at)),
        ({ raw, overflow, rounding, mode, want }) => {
          const value = toNumber(raw);
          if (!Object.is(Math.fround(value), value)) return undefined;
          // The steps between codes are looked for once a fit; neighbours go along.
          const key = `${overflow} ${rounding}`;
          const fit = fits.get(key) ?? fitTo(format, { overflow, rounding: mode });
          fits.set(key, fit);
          const [code] = encodeAll(Float32Array.of(value, 1, -1), fit);
          return code.toString(16) === codeOf(want) ? want : code.toString(16);
        },
      );
      expect(differing).toEqual([]);
      encoded += checked;
    }
    expect(encoded).toBeGreaterThan(10_000);
  });
});

const folders: string[] = [];
afterAll(() => folders.forEach(discard));

/** Sums from bf16 operands, which reach beyond every one of these formats: infinities, NaN, both zeros, both ends. */
const SPECIAL = [0x7f80, 0xff80, 0x7fc0, 0x0000, 0x8000, 0x7f7f, 0xff7f, 0x3f80, 0xbf80, 0x0080].map(BigInt);
const [ONE, MINUS_ZERO] = [0x3f80n, 0x8000n];

function design(format: Format, overflow: Case['overflow'], rounding: (typeof ROUNDINGS)[number]): Design {
  const bf16 = formatNamed('bf16');
  const sum = fitTo(format, { overflow, rounding });
  const name = `${format.name}-${overflow}-${rounding}`;
  const rows = SPECIAL.flatMap((a) => [ONE, MINUS_ZERO, 0xc000n].map((b) => [[a], [b], [0n]]));
  return { datapath: datapath({ name, a: bf16, b: bf16, sum }), k: 1, rows };
}

describe.skipIf(!INSTALLED.icarus)('on Icarus', () => {
  it('sums of infinite, huge and NaN products, by every policy', () => {
    const into = ['fp16', 'e5m2', 'e4m3fn', 'e4m3fnuz', 'dlfloat16', 'e2m3fn', 'int16'].map(formatNamed);
    const designs = into.flatMap((format) =>
      OVERFLOWS.filter((overflow) => overflow !== 'wrap' || format.kind === 'int').flatMap((overflow) =>
        (['rne', 'rtz', 'rup'] as const).map((rounding) => design(format, overflow, rounding)),
      ),
    );
    const { folder, counts } = writeBench(designs);
    folders.push(folder);
    const lines = compile('icarus', folder)().trim().split('\n');
    expect(lines.filter((line) => !line.startsWith('PASS'))).toEqual([]);
    expect(lines).toHaveLength(designs.length);
    expect(counts.every((count) => count === SPECIAL.length * 3)).toBe(true);
  }, 600_000);
});
