import { type Sink, writeFully, writingFiles } from '../outputs/file.js';

/** What is piped or shown: standard output, written at once. */
export const stdout: Sink = {
  write(chunk) {
    writeFully(1, typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  },
};

/** One or more whole lines on standard output. */
export function print(text: string): void {
  stdout.write(`${text}\n`);
}

/** A value as JSON on standard output, for machines. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, (_key, field) => (typeof field === 'bigint' ? field.toString() : field), 2));
}

/** A remark on standard error, which no pipe reads as data. */
export function remark(text: string): void {
  writeFully(2, Buffer.from(`lastbit: ${text}\n`));
}

/** Gathers small writes, so that standard output costs one call for many rows. */
class Gathered implements Sink {
  private text = '';

  write(chunk: string | Uint8Array): void {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    if (this.text.length > 1 << 16) this.flush();
  }

  flush(): void {
    stdout.write(this.text);
    this.text = '';
  }
}

/** Runs `body` with a sink for the output that the user named: a file, whole or not at all, or `-`. */
export async function writingTo<T>(path: string, body: (sink: Sink) => T | Promise<T>): Promise<T> {
  if (path !== '-') return writingFiles([path], ([file]) => body(file));
  const sink = new Gathered();
  const result = await body(sink);
  sink.flush();
  return result;
}

export function columns(): number {
  return process.stdout.columns ?? (Number(process.env.LASTBIT_COLUMNS) || 100);
}
