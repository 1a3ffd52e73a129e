// Small wrong changes of a source file, each one that a hurried hand could make.
import { parseAst } from 'vitest/node';

/** The operators that are taken for each other: the neighbour on each side of a bound, the opposite direction, the other connective. */
const OPERATORS = {
  '<': ['<='],
  '<=': ['<'],
  '>': ['>='],
  '>=': ['>'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '&&': ['||'],
  '||': ['&&'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '|=': ['&='],
  '&=': ['|='],
  '++': ['--'],
  '--': ['++'],
};

/** Methods and functions that are taken for each other; an empty name leaves the argument alone. */
const NAMES = {
  floor: 'ceil',
  ceil: 'floor',
  trunc: 'floor',
  round: 'floor',
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  fround: '',
  abs: '',
};

/** Nothing below these decides what a program computes: types, where modules lie, and the words of errors. */
const isSkipped = (node) =>
  (node.type.startsWith('TS') && !['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'].includes(node.type)) ||
  ['ImportDeclaration', 'ImportExpression', 'ExportAllDeclaration', 'ThrowStatement', 'TemplateLiteral'].includes(node.type) ||
  (node.type === 'NewExpression' && (node.callee.name ?? '').endsWith('Error'));

/** A text, or texts put together. */
const isText = (node) =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'BinaryExpression' && node.operator === '+' && (isText(node.left) || isText(node.right)));

const isNumber = (node) => node.type === 'Literal' && (typeof node.value === 'number' || node.bigint !== undefined);

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** Every node below one, each with its parents, innermost last; `enter` says whether to go on below. */
function walk(node, enter, parents = []) {
  if (!enter(node, parents)) return;
  const below = [...parents, node];
  for (const [key, value] of Object.entries(node)) {
    if (key === 'typeAnnotation' || key === 'typeParameters' || key === 'typeArguments' || key === 'returnType') continue;
    for (const child of Array.isArray(value) ? value : [value])
      if (child !== null && typeof child === 'object' && typeof child.type === 'string') walk(child, enter, below);
  }
}

/** Offsets of the bodies of a file's functions, outermost first: what was entered says which mutants a test can reach. */
export function bodiesOf(source) {
  const bodies = [];
  walk(parseAst(source, { lang: 'ts' }), (node) => {
    const { body } = node;
    if (FUNCTIONS.includes(node.type) && body !== null)
      bodies.push({ start: body.start, end: body.end, block: body.type === 'BlockStatement' });
    return !node.type.startsWith('TS') || node.type.endsWith('Expression');
  });
  return bodies;
}

/**
 * The mutants of one file in the order of its text.
 * @returns {{ start: number, end: number, before: string, after: string, kind: string }[]} offsets in UTF-16 units
 */
export function mutantsOf(source) {
  const found = [];
  const add = (kind, start, end, after) => found.push({ kind, start, end, before: source.slice(start, end), after });
  const text = ({ start, end }) => source.slice(start, end);
  const operatorAt = (operator, left, right) => {
    const start = source.indexOf(operator, left.end);
    if (start >= 0 && start < right.start) for (const other of OPERATORS[operator] ?? []) add('operator', start, start + operator.length, other);
  };
  walk(parseAst(source, { lang: 'ts' }), (node, parents) => {
    if (isSkipped(node)) return false;
    const parent = parents.at(-1);
    switch (node.type) {
      case 'BinaryExpression':
        if (!isText(node)) operatorAt(node.operator, node.left, node.right);
        break;
      case 'LogicalExpression':
        if (node.operator === '??') add('default', node.start, node.end, text(node.left));
        else operatorAt(node.operator, node.left, node.right);
        break;
      case 'AssignmentExpression':
        operatorAt(node.operator, node.left, node.right);
        break;
      case 'UpdateExpression': {
        const start = node.prefix ? node.start : node.end - 2;
        add('operator', start, start + 2, OPERATORS[node.operator][0]);
        break;
      }
      case 'UnaryExpression':
        if (['!', '-', '~'].includes(node.operator)) add('unary', node.start, node.end, text(node.argument));
        break;
      case 'IfStatement':
        for (const value of ['true', 'false']) add('condition', node.test.start, node.test.end, value);
        break;
      case 'ConditionalExpression':
        add('condition', node.test.start, node.test.end, 'true');
        add('condition', node.test.start, node.test.end, 'false');
        break;
      case 'Literal':
        if (typeof node.value === 'boolean') add('literal', node.start, node.end, String(!node.value));
        else if (node.bigint !== undefined) add('literal', node.start, node.end, `${BigInt(node.bigint) + 1n}n`);
        else if (isNumber(node) && parent?.type !== 'Property') add('literal', node.start, node.end, String(node.value + 1));
        else if (isNumber(node) && parent.value === node) add('literal', node.start, node.end, String(node.value + 1));
        break;
      case 'CallExpression': {
        const { callee } = node;
        const name = callee.type === 'MemberExpression' && !callee.computed ? callee.property.name : undefined;
        if (!Object.hasOwn(NAMES, name ?? '')) break;
        if (NAMES[name] === '') add('call', callee.start, callee.end, '');
        else add('call', callee.property.start, callee.property.end, NAMES[name]);
        break;
      }
      case 'ExpressionStatement':
        if (['CallExpression', 'AssignmentExpression', 'AwaitExpression'].includes(node.expression.type)) add('statement', node.start, node.end, ';');
        break;
      default:
    }
    return true;
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** The source with one mutant in it. */
export const mutated = (source, { start, end, after }) => source.slice(0, start) + after + source.slice(end);
