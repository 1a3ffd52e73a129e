import { domainOf } from './node.js';
import type { Proto } from './proto.js';

/**
 * Opsets whose operators are read as they are defined there. Before 7, Add and Gemm broadcast by attributes, and Dropout
 * and BatchNormalization trained unless told otherwise.
 */
const OPSETS = { oldest: 7, newest: 26 };

/**
 * Versions by domain. A graph of other domains' operators alone needs none of the standard's.
 * @throws Error where the standard's is missing, or none that is known here
 */
export function opsetsOf({ opsetImport, graph }: Proto<'ModelProto'>): Map<string, number> {
  const opsets = new Map<string, number>();
  for (const entry of opsetImport) {
    const domain = domainOf(entry);
    if (opsets.has(domain)) throw new Error(`imports two opsets of the domain ${domain || 'ai.onnx'}`);
    opsets.set(domain, Number(entry.version));
  }
  const opset = opsets.get('');
  if (opset === undefined && graph?.node.every((node) => domainOf(node) !== '') === true)
    return opsets.set('', OPSETS.newest);
  if (opset === undefined) throw new Error('imports no opset of the domain ai.onnx');
  if (opset < OPSETS.oldest || opset > OPSETS.newest)
    throw new Error(`asks for opset ${opset}: ${OPSETS.oldest} to ${OPSETS.newest} are supported`);
  return opsets;
}
