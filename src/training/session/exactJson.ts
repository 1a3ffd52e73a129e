/**
 * JSON that gives back every number that is a field of a record: it has no infinities and no NaN, which stand as null and
 * are named beside. Numbers in lists are to be finite, and zero has no sign.
 */

type Fields = Record<string, unknown>;

/**
 * `{ sqnrExactDb: Infinity }` becomes `{ "sqnrExactDb": null, "exact": true }`: that is how results say that nothing was
 * lost. Any other becomes null too, with its value under `notFinite`.
 */
export function exactJson(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => (isRecord(field) ? spelled(field) : field));
}

/** The value of such a text. @throws SyntaxError */
export function fromExactJson(text: string): unknown {
  return JSON.parse(text, (_key, field: unknown) => (isRecord(field) ? restored(field) : field));
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spelled(record: Fields): Fields {
  const odd = Object.entries(record).filter(([, value]) => typeof value === 'number' && !Number.isFinite(value));
  if (odd.length === 0) return record;
  const others = odd.filter(([name, value]) => name !== 'sqnrExactDb' || value !== Infinity);
  return {
    ...record,
    ...Object.fromEntries(odd.map(([name]) => [name, null])),
    ...(others.length < odd.length && { exact: true }),
    ...(others.length > 0 && { notFinite: Object.fromEntries(others.map(([name, value]) => [name, String(value)])) }),
  };
}

function restored({ notFinite, ...record }: Fields): Fields {
  if (record.sqnrExactDb === null && record.exact === true) {
    delete record.exact;
    record.sqnrExactDb = Infinity;
  }
  if (isRecord(notFinite)) for (const [name, value] of Object.entries(notFinite)) record[name] = Number(value);
  return record;
}
