import { parseDatapath } from '../../src/datapaths/schema.js';

/** A unit as a file has it. */
export type Fields = Record<string, unknown>;

export const FLOAT: Fields = { name: 'u', a: 'fp16', b: 'fp16', sum: { format: 'fp32' } };
export const INTEGER: Fields = { name: 'u', a: 'int8', b: 'int8', sum: { format: 'int32' } };
export const aligned = (parts: Fields): Fields => ({
  ...FLOAT,
  combine: { kind: 'aligned', fractionBits: 8, ...parts },
});
export const staged = (parts: Fields) =>
  aligned({ twoStage: { productFractionBits: 8, sumFractionBits: 8, ...parts } });
export const record = (parts: Fields): Fields => ({ ...FLOAT, a: { exponentBits: 4, mantissaBits: 3, ...parts } });
export const ordered = (order: Fields, rest: Fields = {}): Fields => ({ ...FLOAT, order, ...rest });
export const rounded = (rounding: unknown): Fields => ({ ...FLOAT, sum: { format: 'fp32', rounding } });
export const stochastic = (parts: Fields) => rounded({ stochastic: { bits: 4, ...parts } });
export const requantized = (parts: Fields): Fields => ({
  ...INTEGER,
  requantize: { kind: 'shift', format: 'int8', ...parts },
});
export const scaled = (blockScale: Fields, rest: Fields = {}): Fields => ({
  ...FLOAT,
  blockScale: { format: 'e8m0fnu', size: 16, apply: 'group', ...blockScale },
  ...rest,
});

export function complaint(fields: Fields): string | undefined {
  try {
    parseDatapath(JSON.stringify(fields), 'u.json');
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^u\.json:\d+:\d+: /, '');
  }
}
