import { tensor } from '../../readers/onnx/graphs.js';
import { f, floats, type FunctionCase, int64, int64s } from '../standard.js';

/** Attention, turned pairs, and recurrent layers. */

const NEAR = 2 ** -18;

const heads = (name: string, shape: number[]) => floats(name, ...shape);

const ATTENTIONS: readonly FunctionCase[] = [
  {
    ...{ node: ['Attention', 'x k v'], input: [2, 2, 3, 4], near: NEAR, gives: ['real', 'real', 'real', 'real'] },
    initializers: [heads('k', [2, 1, 5, 4]), heads('v', [2, 1, 5, 3])],
    values: {
      is_causal: [1],
      qk_matmul_output_mode: [1, 2, 3],
      scale: [f(0.25)],
      softcap: [f(0.5)],
    },
  },
  {
    ...{
      node: ['Attention', 'x k v m pk pv'],
      input: [2, 2, 3, 4],
      near: NEAR,
      gives: ['real', 'real', 'real', 'real'],
    },
    initializers: [
      ...[heads('k', [2, 2, 3, 4]), heads('v', [2, 2, 3, 3]), heads('pk', [2, 2, 2, 4]), heads('pv', [2, 2, 2, 3])],
      tensor('m', 'FLOAT', [3, 5], [0, 1, -1, -Infinity, 0, 0.5, 0.5, 0, 0, -2, 0, -Infinity, 0, 0, 3]),
    ],
    values: { is_causal: [1], qk_matmul_output_mode: [1, 2, 3], softcap: [f(0.5)] },
  },
  {
    ...{ node: ['Attention', 'x k v m'], input: [2, 3, 8], near: NEAR, gives: ['real', 'real', 'real', 'real'] },
    initializers: [
      ...[heads('k', [2, 4, 4]), heads('v', [2, 4, 6])],
      tensor('m', 'BOOL', [2, 1, 3, 4], [0, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1]),
    ],
    attributes: { q_num_heads: 4, kv_num_heads: 2 },
    values: { is_causal: [1], q_num_heads: [3, 2, 8], kv_num_heads: [1, 4] },
  },
  ...[0, 1].flatMap((interleaved): FunctionCase[] => [
    {
      ...{ node: ['RotaryEmbedding', 'x cos sin at'], input: [2, 2, 3, 8], near: NEAR },
      initializers: [floats('cos', 6, 4), floats('sin', 6, 4), int64s('at', [2, 3], 0, 1, 5, 2, 2, 3)],
      attributes: { interleaved },
    },
    {
      ...{ node: ['RotaryEmbedding', 'x cos sin'], input: [2, 3, 16], near: NEAR },
      initializers: [floats('cos', 2, 3, 4), floats('sin', 2, 3, 4)],
      attributes: { interleaved, num_heads: 2 },
      values: { num_heads: [1, 3, 0] },
    },
    {
      ...{ node: ['RotaryEmbedding', 'x cos sin'], input: [2, 3, 16], near: NEAR },
      initializers: [floats('cos', 2, 3, 2), floats('sin', 2, 3, 2)],
      attributes: { interleaved, num_heads: 2, rotary_embedding_dim: 4 },
    },
    {
      ...{ node: ['com.microsoft.RotaryEmbedding', 'x at cos sin'], input: [2, 3, 16], near: NEAR },
      initializers: [int64('at', 2), floats('cos', 6, 4), floats('sin', 6, 4)],
      attributes: { interleaved, num_heads: 2 },
    },
  ]),
];

/** Activations, one for each of RNN's steps, two or three of the others'. */
const GATES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  RNN: [
    ...[['Relu'], ['Affine'], ['LeakyRelu'], ['ThresholdedRelu'], ['ScaledTanh'], ['HardSigmoid'], ['Elu']],
    ...[['Softsign'], ['Softplus'], ['Sigmoid'], ['Gelu']],
  ],
  GRU: [['HardSigmoid', 'LeakyRelu'], ['Affine', 'Softsign'], ['Elu']],
  LSTM: [
    ['HardSigmoid', 'ScaledTanh', 'Elu'],
    ['Softsign', 'LeakyRelu', 'Affine'],
    ['Sigmoid', 'Tanh'],
  ],
};

/** Hidden states of 2, inputs of 3. */
const RECURRENT: readonly FunctionCase[] = (
  [
    ['RNN', 1],
    ['GRU', 3],
    ['LSTM', 4],
  ] as const
).flatMap(([name, gates]): FunctionCase[] => {
  const gives: FunctionCase['gives'] = name === 'LSTM' ? ['real', 'real', 'real'] : ['real', 'real'];
  const more = name === 'LSTM' ? ' c0 p' : '';
  const stored = (ways: number) => [
    ...[floats('w', ways, gates * 2, 3), floats('r', ways, gates * 2, 2), floats('b', ways, gates * 4)],
    ...[tensor('n', 'INT32', [2], [4, 2]), floats('h0', ways, 2, 2)],
    ...(name === 'LSTM' ? [floats('c0', ways, 2, 2), floats('p', ways, 6)] : []),
  ];
  return [
    {
      ...{ node: [name, `x w r b n h0${more}`], input: [4, 2, 3], near: NEAR, gives, initializers: stored(1) },
      attributes: { hidden_size: 2 },
      values: {
        direction: ['forward', 'reverse', 'bidirectional', 'backward'],
        clip: [f(0.5)],
        hidden_size: [3],
        ...(name === 'GRU' && { linear_before_reset: [1] }),
        ...(name === 'LSTM' && { input_forget: [1] }),
      },
    },
    {
      ...{ node: [name, 'x w r'], input: [3, 2, 3], near: NEAR, gives, initializers: stored(2).slice(0, 2) },
      attributes: { hidden_size: 2, direction: 'bidirectional' },
    },
    {
      ...{
        node: [name, 'x w r b _ h0'],
        input: [3, 2, 3],
        near: NEAR,
        gives,
        initializers: [...stored(2).slice(0, 3), floats('h0', 2, 2, 2)],
      },
      attributes: { hidden_size: 2, direction: 'bidirectional' },
    },
  ];
});

const ACTIVATED: readonly FunctionCase[] = Object.entries(GATES).flatMap(([name, lists]) => {
  const gates = { RNN: 1, GRU: 3, LSTM: 4 }[name] ?? 0;
  return lists.map(
    (words): FunctionCase => ({
      ...{ node: [name, 'x w r b'], input: [3, 1, 3], near: NEAR },
      initializers: [floats('w', 1, gates * 2, 3), floats('r', 1, gates * 2, 2), floats('b', 1, gates * 4)],
      attributes: {
        ...{ hidden_size: 2, activations: { words } },
        ...{ activation_alpha: { floats: [0.5, 0.75, 0.25] }, activation_beta: { floats: [0.125, 0.375, 0.625] } },
      },
    }),
  );
});

export const SEQUENCES_CASES: readonly FunctionCase[] = [...ATTENTIONS, ...RECURRENT, ...ACTIVATED];
