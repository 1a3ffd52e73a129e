/** A strict reader of value change dumps, written from IEEE 1364-2005 clause 18 and knowing nothing of the writer. */
export interface Waveform {
  timescale: string;
  /** Times in the order of the file. */
  times: number[];
  /** By scope and name, with dots. */
  signals: Map<string, { type: string; width: number; changes: [time: number, value: string | number][] }>;
}

export function parseVcd(text: string): Waveform {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  let at = 0;
  const until = (end: string) => {
    const words: string[] = [];
    while (tokens[at] !== end) {
      if (at >= tokens.length) throw new Error(`no ${end}`);
      words.push(tokens[at++]);
    }
    at++;
    return words;
  };
  const waveform: Waveform = { timescale: '', times: [], signals: new Map() };
  const byId = new Map<string, { width: number; changes: [number, string | number][] }>();
  const scopes: string[] = [];
  for (let defined = false; !defined; ) {
    const keyword = tokens[at++];
    const words = until('$end');
    if (keyword === '$scope') scopes.push(words[1]);
    else if (keyword === '$upscope') scopes.pop();
    else if (keyword === '$timescale') waveform.timescale = words.join('');
    else if (keyword === '$var') {
      const [type, width, id, name, range] = words;
      if (range !== undefined && range !== `[${Number(width) - 1}:0]`) throw new Error(`range ${range} of ${width}`);
      if (!/^[!-~]+$/.test(id) || byId.has(id)) throw new Error(`identifier ${id}`);
      const signal = { type, width: Number(width), changes: [] };
      const path = [...scopes, name].join('.');
      if (waveform.signals.has(path)) throw new Error(`${path} twice`);
      waveform.signals.set(path, signal);
      byId.set(id, signal);
    } else if (keyword === '$enddefinitions') defined = true;
    else if (!['$version', '$date', '$comment'].includes(keyword)) throw new Error(`keyword ${keyword}`);
  }
  if (scopes.length > 0) throw new Error('a scope is left open');
  let time = Number.NaN;
  const change = (id: string, value: string | number) => {
    const signal = byId.get(id);
    if (signal === undefined || Number.isNaN(time)) throw new Error(`change of ${id} at ${time}`);
    if (typeof value === 'string' && value.length > signal.width) throw new Error(`${value} for ${signal.width} bits`);
    signal.changes.push([time, value]);
  };
  while (at < tokens.length) {
    const token = tokens[at++];
    if (token === '$dumpvars' || token === '$end') continue;
    if (/^#\d+$/.test(token)) {
      const next = Number(token.slice(1));
      if (next <= time) throw new Error(`time ${next} after ${time}`);
      waveform.times.push((time = next));
    } else if (/^b[01xz]+$/.test(token)) change(tokens[at++], token.slice(1));
    else if (token.startsWith('r')) change(tokens[at++], realOf(token.slice(1)));
    else if (/^[01xz]/.test(token)) change(token.slice(1), token[0]);
    else throw new Error(`token ${token}`);
  }
  return waveform;
}

function realOf(text: string): number {
  if (text === 'nan') return Number.NaN;
  if (/^-?inf$/.test(text)) return text === 'inf' ? Infinity : -Infinity;
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(text)) throw new Error(`real ${text}`);
  return Number(text);
}

/** A signal's value at a time. */
export function valueAt({ signals }: Waveform, name: string, time: number): string | number | undefined {
  return signals.get(name)?.changes.findLast(([at]) => at <= time)?.[1];
}
