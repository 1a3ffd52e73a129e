import { basename, dirname } from 'node:path';
import type { Network } from '../network.js';
import type { ReadOptions } from './options.js';

export type { ReadOptions, ReadRefusal } from './options.js';

/** A front end: what it takes to turn a file into a network, and back. */
interface FrontEnd {
  /** @param name begins the errors. @throws Error with one line */
  read(bytes: Uint8Array, name: string, options: ReadOptions): Network;
  /** The same bytes each time. @throws Error naming the layer that such a file cannot say */
  write?(network: Network): Uint8Array;
}

/** A kind of network file. */
interface NetworkKind {
  name: string;
  /** In lower case; the first is the one that files are given. */
  endings: readonly string[];
  /** Bytes that such a file begins with; left out where there are none, as in ONNX, which is a bare protobuf. */
  magic?: readonly number[];
  /** Only where there is such a file: a front end brings its whole schema along. */
  load(): Promise<FrontEnd>;
}

/** The kinds of network files; a file that none knows by its ending or its first bytes is taken for the first. */
const KINDS: readonly [NetworkKind, ...NetworkKind[]] = [
  { name: 'ONNX', endings: ['.onnx'], load: () => import('./onnx/index.js') },
];

/** What networks are written as where a command chooses the name. */
export const NETWORK_ENDING = KINDS[0].endings[0];

function endingOf(path: string): string | undefined {
  const endings = KINDS.flatMap((kind) => kind.endings);
  return endings.find((ending) => path.toLowerCase().endsWith(ending));
}

/** Whether a word names a file of a network, by its ending. */
export function isNetworkFile(path: string): boolean {
  return endingOf(path) !== undefined;
}

/** The name of a network in a file: the file's, without folder and ending. */
export function networkNameOf(path: string): string {
  const file = basename(path);
  return file.slice(0, file.length - (endingOf(file)?.length ?? 0));
}

function kindOf(path: string, bytes: Uint8Array): NetworkKind {
  const ending = endingOf(path);
  const named = KINDS.find((kind) => ending !== undefined && kind.endings.includes(ending));
  const marked = KINDS.find(({ magic }) => magic?.every((byte, i) => bytes[i] === byte) === true);
  return named ?? marked ?? KINDS[0];
}

/** The network in a file, called as the file is. @throws Error with one line that begins with the path */
export async function readNetwork(bytes: Uint8Array, path: string, options: ReadOptions = {}): Promise<Network> {
  const { read } = await kindOf(path, bytes).load();
  return { ...read(bytes, path, { folder: dirname(path), ...options }), name: networkNameOf(path) };
}

/** A network as the bytes of a file, called as the file is. @throws Error where files of its kind are only read */
export async function networkBytes(network: Network, path: string): Promise<Uint8Array> {
  const kind = kindOf(path, new Uint8Array());
  const { write } = await kind.load();
  if (write === undefined) throw new Error(`${path}: files of ${kind.name} are read, not written`);
  return write({ ...network, name: networkNameOf(path) });
}
