import { expect, it } from 'vitest';
import {
  isNetworkFile,
  NETWORK_ENDING,
  networkBytes,
  networkNameOf,
  readNetwork,
} from '../../../src/networks/readers/index.js';
import { floats } from './onnx/samples.js';

it('knows files by their ending, in capitals too, and names networks without it', () => {
  expect(NETWORK_ENDING).toBe('.onnx');
  for (const path of ['net.onnx', 'a/b/net.ONNX']) {
    expect(isNetworkFile(path)).toBe(true);
    expect(networkNameOf(path)).toBe('net');
  }
  expect(['lenet', 'onnx', 'net.onnx.json', 'a.onnx/b'].filter(isNetworkFile)).toEqual([]);
  expect(networkNameOf('a.onnx/b')).toBe('b');
  expect(networkNameOf('a/int8.v2')).toBe('int8.v2');
});

it('a network comes back as it was, under the name of its file', async () => {
  const bytes = await networkBytes(floats, 'out/other.onnx');
  const again = await readNetwork(bytes, 'out/other.onnx');
  expect(again.name).toBe('other');
  expect(await networkBytes(again, 'out/other.onnx')).toEqual(bytes);
  expect((await readNetwork(bytes, 'other')).layers).toEqual(again.layers);
});

it('a file that is none says so, whatever its ending', async () => {
  const bytes = new TextEncoder().encode('not a network');
  for (const path of ['a.onnx', 'a.txt'])
    await expect(readNetwork(bytes, path)).rejects.toThrow(`${path}: not an ONNX file`);
});
