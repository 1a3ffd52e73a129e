import { formatNamed } from '../../../src/formats/catalog.js';
import { fitTo } from '../../../src/formats/codec.js';
import type { ResultColumn } from '../../../src/outputs/tables/results.js';
import { LISTINGS } from '../../../src/outputs/tables/listings.js';
import type { Expected } from './rows.js';

const columnsOf = (what: keyof typeof LISTINGS): readonly ResultColumn<never>[] => LISTINGS[what].columns;

/** A thing of each catalogue, and what a list says of it. */
export const LISTED: [string, readonly ResultColumn<never>[], object, Expected][] = [
  [
    'a listed format',
    columnsOf('formats'),
    formatNamed('e8m0fnu'),
    {
      titles:
        'name | kind | width (bits) | signed | exponent (bits) | mantissa (bits) | bias | lowest | specials | largest',
      cells: 'e8m0fnu | float | 8 | no | 8 | 0 | 127 | none | fn | 1.7014118346046923e+38',
      optional: 'signed exponentBits mantissaBits bias lowest specials',
      leaving: ['largest', 'specials', 'lowest', 'bias', 'mantissa (bits)', 'exponent (bits)', 'signed'],
      json: {
        ...{ name: 'e8m0fnu', kind: 'float', widthBits: 8, signed: false, exponentBits: 8, mantissaBits: 0, bias: 127 },
        ...{ lowest: 'none', specials: 'fn', largest: 2 ** 127 },
      },
    },
  ],
  [
    'a listed block',
    columnsOf('blocks'),
    { name: 'N', element: { name: 'E' }, size: 12, scale: { name: 'S' }, rule: 'floor', tensorScale: true },
    {
      titles: 'name | element | size | scale | rule | scale of the tensor',
      cells: 'N | E | 12 | S | floor | fp32',
      optional: 'tensorScale',
      leaving: ['scale of the tensor', 'rule', 'scale', 'size', 'element'],
      json: { name: 'N', element: 'E', size: 12, scale: 'S', rule: 'floor', tensorScale: 'fp32' },
    },
  ],
  [
    'a listed unit',
    columnsOf('datapaths'),
    {
      ...{ name: 'N', a: { name: 'A' }, b: { name: 'B' }, lanes: 12, combine: { kind: 'tree' } },
      ...{ product: fitTo(formatNamed('bf16'), { rounding: 'rtz' }), sum: fitTo(formatNamed('fp32')) },
      order: { kind: 'chunked' },
    },
    {
      titles: 'name | a | b | product | lanes | combine | sum | order',
      cells: 'N | A | B | bf16 rtz ieee keep | 12 | tree | fp32 rne ieee keep | chunked',
      optional: '',
      leaving: ['order', 'product'],
      json: {
        ...{ name: 'N', a: 'A', b: 'B', product: 'bf16 rtz ieee keep', lanes: 12, combine: 'tree' },
        ...{ sum: 'fp32 rne ieee keep', order: 'chunked' },
      },
    },
  ],
  [
    'a listed target',
    columnsOf('targets'),
    {
      ...{ name: 'N', array: { rows: 12, cols: 34, dataflow: 'ws' }, datapath: { name: 'D' }, clockMhz: 940.123456789 },
      ...{ others: [{ name: 'X' }, { name: 'Y' }], energy: { name: 'E' } },
    },
    {
      titles: 'name | rows | cols | dataflow | datapath | others | clock (MHz) | energy',
      cells: 'N | 12 | 34 | ws | D | X Y | 940.123456789 | E',
      optional: '',
      leaving: ['clock (MHz)', 'energy'],
      json: {
        ...{ name: 'N', rows: 12, cols: 34, dataflow: 'ws', datapath: 'D', others: 'X Y' },
        ...{ clockMhz: 940.123456789, energy: 'E' },
      },
    },
  ],
  [
    'a listed recipe',
    columnsOf('recipes'),
    {
      ...{ name: 'N', command: 'train', family: 'F', activations: 'A', weights: 'W', between: 'codes' },
      description: 'words',
    },
    {
      titles: 'name | command | family | activations | weights | between layers | description',
      cells: 'N | train | F | A | W | codes | words',
      optional: 'activations weights',
      leaving: ['family', 'between layers', 'activations, weights'],
      json: {
        ...{ name: 'N', command: 'train', family: 'F', activations: 'A', weights: 'W', betweenLayers: 'codes' },
        description: 'words',
      },
    },
  ],
  [
    'a listed operator',
    columnsOf('operators'),
    { name: 'N', domain: 'D', array: true },
    {
      titles: 'name | domain | runs',
      cells: 'N | D | array',
      optional: '',
      leaving: ['runs', 'domain'],
      json: { name: 'N', domain: 'D', place: 'array' },
    },
  ],
  [
    'a listed network',
    columnsOf('networks'),
    {
      ...{ path: 'models/n.onnx', macs: 1234 },
      network: { layers: [{}, {}, {}], batch: 'free', inputs: [{ shape: [1, 2, 3, 4] }, { shape: [1, 5] }] },
    },
    {
      titles: 'name | layers | MACs | input',
      cells: 'models/n.onnx | 3 | 1234 | 2x3x4 5',
      optional: '',
      leaving: ['input', 'MACs', 'layers'],
      json: { name: 'models/n.onnx', layers: 3, macs: 1234, input: '2x3x4 5' },
    },
  ],
];
