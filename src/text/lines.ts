import { createReadStream } from 'node:fs';

const CHUNK_BYTES = 1 << 18;

/** The lines of a text file, or of standard input for `-`, as they come: without line ends and byte-order mark. */
export async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = '';
  let first = true;
  for await (const chunk of textOf(path)) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() as string;
    for (const line of lines) {
      yield tidied(line, first);
      first = false;
    }
  }
  if (rest !== '') yield tidied(rest, first);
}

/** The bytes of a file, or of standard input for `-`. @throws the system's error, with the path */
export async function* bytesFrom(path: string): AsyncGenerator<Buffer> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

async function* textOf(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for await (const chunk of bytesFrom(path)) yield decoder.decode(chunk, { stream: true });
}

/** Without the carriage return of a Windows line end and the byte-order mark of a first line. */
function tidied(line: string, first: boolean): string {
  const start = first && line.startsWith('\ufeff') ? 1 : 0;
  return line.slice(start, line.endsWith('\r') ? -1 : undefined);
}
