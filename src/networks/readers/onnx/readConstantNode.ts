import type { Constant } from './constant.js';
import { elementType } from './element.js';
import type { NodeReader, Reader, Value } from './reader.js';

/** A tensor that a node holds. @throws Error where it holds none, or one that no network can use */
export function readConstantNode(_: Reader, node: NodeReader): Value {
  return { kind: 'stored', constant: node.constant() ?? listed(node) };
}

/** The forms of a constant besides `value`; what is left of them is refused as an attribute that nobody looked at. */
function listed(node: NodeReader): Constant {
  const name = node.output;
  if (node.has('value_float'))
    return { name, type: elementType('FLOAT'), shape: [], data: Float32Array.of(node.float('value_float', 0)) };
  if (node.has('value_floats')) {
    const data = Float32Array.from(node.floats('value_floats'));
    return { name, type: elementType('FLOAT'), shape: [data.length], data };
  }
  const one = node.has('value_int');
  if (!one && !node.has('value_ints')) {
    node.finish();
    throw new Error('has no value');
  }
  const data = Float64Array.from(one ? [node.int('value_int', 0)] : node.ints('value_ints', []));
  return { name, type: elementType('INT64'), shape: one ? [] : [data.length], data };
}
