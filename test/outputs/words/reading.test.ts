import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../src/formats/catalog.js';
import { widthOf } from '../../../src/formats/format.js';
import { bankWriter } from '../../../src/outputs/vectors/portBank.js';
import { VECTOR_FORMATS, type VectorFormat } from '../../../src/outputs/words/index.js';
import { writingSet } from '../../../src/outputs/files/fileSet.js';
import type { Port } from '../../../src/outputs/words/port.js';
import { randomFrom } from '../../../src/random/random.js';
import { readWords } from '../../../src/outputs/words/read.js';
import { folderWith } from '../../cli/command.js';
import { isInstalled, program } from '../../programs.js';

async function read(path: string, port: Port, kind?: VectorFormat) {
  const words: { address: number; codes: readonly (bigint | undefined)[] }[] = [];
  for await (const { address, codes } of readWords(path, port, kind)) words.push({ address, codes });
  return words;
}

const FORMATS = ['binary', 'int5', 'int8', 'fp16', 'e4m3fn', 'int24', 'fp32', 'int48', 'fp64'];

it.each(VECTOR_FORMATS)('%s is read back as it was written', async (kind) => {
  const folder = folderWith();
  let sets = 0;
  const words = fc.record({
    format: fc.constantFrom(...FORMATS).map(formatNamed),
    lanes: fc.integer({ min: 1, max: 9 }),
    seeds: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 20 }),
  });
  await fc.assert(
    fc.asyncProperty(words, async ({ format, lanes, seeds }) => {
      const port: Port = { name: 'x', format, lanes };
      const rows = seeds.map((seed) =>
        Array.from({ length: lanes }, (_, i) => BigInt.asUintN(widthOf(format), seed ^ (seed >> BigInt(i * 5)))),
      );
      const name = await writingSet(folder, (set) => {
        const writer = bankWriter(set, kind, { name: 'x', ports: [port], depth: rows.length });
        for (const codes of rows) writer.row([codes]);
        writer.end();
        return set.entries()[0].name;
      });
      sets++;
      expect(await read(join(folder, name), port)).toEqual(rows.map((codes, address) => ({ address, codes })));
    }),
    { numRuns: 25, seed: 31 },
  );
  expect(sets).toBe(25);
});

const BYTE: Port = { name: 'x', format: formatNamed('int8'), lanes: 1 };
const PAIR: Port = { name: 'x', format: formatNamed('int4'), lanes: 2 };

/** As other tools write them. */
const FOREIGN: [string, VectorFormat | undefined, Port, string, (readonly [number, ...(bigint | undefined)[]])[]][] = [
  [
    'a.hex',
    undefined,
    BYTE,
    '// head /* no block\n@10 1f 2_0 /* a\n ff */ Ff\n@0020\nxx\n',
    [
      [16, 31n],
      [17, 32n],
      [18, 255n],
      [32, undefined],
    ],
  ],
  [
    'b.memb',
    undefined,
    PAIR,
    '1111_0001\n0000xz10 // z\n',
    [
      [0, 1n, 15n],
      [1, undefined, 0n],
    ],
  ],
  [
    'c.coe',
    undefined,
    BYTE,
    '; comment\nMemory_Initialization_Radix = 10 ;\nmemory_initialization_vector= 1, 2,\n255;',
    [
      [0, 1n],
      [1, 2n],
      [2, 255n],
    ],
  ],
  [
    'd.coe',
    undefined,
    BYTE,
    'memory_initialization_radix=2;\nmemory_initialization_vector=\n101\n11 ;\n',
    [
      [0, 5n],
      [1, 3n],
    ],
  ],
  [
    'e.mif',
    undefined,
    BYTE,
    '-- Quartus\nDEPTH=16; WIDTH=8;\nADDRESS_RADIX=HEX;\nDATA_RADIX=BIN;\nCONTENT\nBEGIN\n% a % 0 : 101;\n[a..b] : 1;\n1 : 10 11; -- two\nEND;\n7 : 1;\n',
    [
      [0, 5n],
      [10, 1n],
      [11, 1n],
      [1, 2n],
      [2, 3n],
    ],
  ],
  [
    'f.mif',
    undefined,
    BYTE,
    '00000101\n11111111\n',
    [
      [0, 5n],
      [1, 255n],
    ],
  ],
  [
    'g.json',
    undefined,
    BYTE,
    '[1, -2,\n "0xff"]',
    [
      [0, 1n],
      [1, 254n],
      [2, 255n],
    ],
  ],
  [
    'h.json',
    undefined,
    PAIR,
    '[[1,-1],["0x7", "2"]]\n',
    [
      [0, 1n, 15n],
      [1, 7n, 2n],
    ],
  ],
  [
    'i.h',
    undefined,
    BYTE,
    '/* = { 9 } */\nconst int8_t x[] = {1, 0x2, // three\n -1};\nint y[] = {7};',
    [
      [0, 1n],
      [1, 2n],
      [2, 255n],
    ],
  ],
  [
    'j.csv',
    undefined,
    PAIR,
    'cycle,result\r\n0,0x1 f\r\n1,"x 3"\r\n',
    [
      [0, 1n, 15n],
      [1, undefined, 3n],
    ],
  ],
  [
    'k.txt',
    'readmemh',
    BYTE,
    '01\n02',
    [
      [0, 1n],
      [1, 2n],
    ],
  ],
];

/** Legal files by what the vendors' documents allow; a word a number, by its address. */
const LEGAL: [name: string, text: string, words: Record<number, bigint>][] = [
  // UG896, "COE File Syntax": any case, white space and line ends anywhere, comments behind semicolons, later text ignored.
  [
    'spread.coe',
    ';x\nMEMORY_INITIALIZATION_RADIX\n=\n16 ; note = 3, 4;\nmemory_initialization_vector=\n1f,\n20 21 ,22\n;7f',
    { 0: 31n, 1: 32n, 2: 33n, 3: 34n },
  ],
  ['comment.coe', 'radix=10;\ncoefdata=\n1,\n2\n;\n3, 4\n', { 0: 1n, 1: 2n }],
  [
    'signed.coe',
    'other_keyword = 7 8; memory_initialization_vector = 9;\nmemory_initialization_radix=10; memory_initialization_vector = 9;\nmemory_initialization_vector = -1, 5;',
    { 0: 255n, 1: 5n },
  ],
  ['one.coe', 'memory_initialization_radix=2; \nmemory_initialization_vector=00000001 10000000;', { 0: 1n, 1: 128n }],
  // Quartus help, "Memory Initialization File Definition": entries by semicolons, ranges that repeat words, five radices.
  [
    'lines.mif',
    'DEPTH = 8; WIDTH = 8; ADDRESS_RADIX = DEC;\nDATA_RADIX = OCT; CONTENT\nBEGIN 0\n:\n17\n20 % 7 : 1; %\n; [3 .. 4] : 1 ; 5:2;END; 6 : 3;',
    { 0: 15n, 1: 16n, 3: 1n, 4: 1n, 5: 2n },
  ],
  [
    'range.mif',
    '%\n-- %\nWIDTH=8;DEPTH=8;ADDRESS_RADIX=BIN;DATA_RADIX=DEC;\nCONTENT BEGIN\n[000..100] : 1 -1; -- http://x % y\n010 : 7;\nEND;',
    { 0: 1n, 1: 255n, 2: 7n, 3: 255n, 4: 1n },
  ],
  [
    'unsigned.mif',
    'width=8;\ndepth=2;\ndata_radix=uns;\ncontent begin\na : 255;\nend;'.replace('a :', '1 :'),
    { 1: 255n },
  ],
  // IEEE 1800-2017 5.4, 21.4: comments part words, addresses in any order, gaps stay unset, a later word overrides.
  [
    'far.memh',
    '/* made by http://tool.example/x */ 01/**/02// 03\n/* 04 // */05\n@F 0_F @10 10',
    { 0: 1n, 1: 2n, 2: 5n, 15: 15n, 16: 16n },
  ],
  ['back.memh', '@4 04 05\n@0 00 01\n@5 55\n', { 0: 0n, 1: 1n, 4: 4n, 5: 0x55n }],
  ['upper.hex', '\tAb\fCD\r\n//@7\n@a eF', { 0: 0xabn, 1: 0xcdn, 10: 0xefn }],
  // C11 6.4.4.1 and 6.7.9: the first array that is initialised, octal constants, suffixes, a last comma.
  [
    'octal.h',
    '#define F(x) = { x }\n#include "a.h"\nstatic const char *s = "= { 9 }"; /* = {8} */ int n = 2;\nuint8_t x[4] =\n{ 010, 0X1Fu, 0b11, 1\'0UL, };\nint y[] = {5};',
    { 0: 8n, 1: 31n, 2: 3n, 3: 10n },
  ],
  ['words.h', 'const int8_t x[2][1] = {{-1}, {\n127}};', { 0: 255n, 1: 127n }],
  // RFC 8259.
  ['nested.json', '[\n[ -1 ]\n,["0x7f"],["12"]]\n', { 0: 255n, 1: 127n, 2: 12n }],
  // RFC 4180: quoted cells, with commas, quotes and line ends in them.
  ['quoted.csv', '"note","re""d","x"\n"a, b",1,"0x1F"\n"line\nend",,"20"\n,,\n', { 0: 31n, 1: 32n }],
];

it.each(LEGAL)('%s holds the words that its document says', async (name, text, expected) => {
  const folder = folderWith({ [name]: text });
  const words = new Map<number, unknown>();
  for (const { address, codes } of await read(join(folder, name), BYTE)) words.set(address, codes[0]);
  expect(Object.fromEntries(words)).toEqual(expected);
});

it.each(FOREIGN)('%s of another tool', async (name, kind, port, text, expected) => {
  const folder = folderWith({ [name]: text });
  const words = await read(join(folder, name), port, kind);
  expect(words).toEqual(expected.map(([address, ...codes]) => ({ address, codes })));
});

const WRONG: [string, string, RegExp][] = [
  ['a.memh', '01\n1ff\n', /a\.memh:2: 0x1ff is too wide; a word of x has 8 bits$/],
  ['b.memh', '0x12\n', /b\.memh:1: 0x12 is too wide; a word of x has 8 bits$/],
  ['c.memb', '012\n', /c\.memb:1: "012" is no word in radix 2$/],
  ['d.memh', '@zz 1\n', /d\.memh:1: "zz" is no address in radix 16$/],
  ['e.json', '[[1, 2]]', /e\.json:1: a word has 2 codes; x has 1$/],
  ['f.json', '[[1], [2]', /f\.json: the list of words is never closed by "\]"$/],
  ['g.json', '[300]', /g\.json:1: 300 is too wide; a code of x has 8 bits$/],
  ['h.csv', 'a,b\n1,2\n', /h\.csv: has no column "x" or "result": it has a, b$/],
  ['i.npy', 'text that is long enough for a header\n', /i\.npy: is no \.npy file$/],
  ['j.txt', '1\n', /j\.txt: its ending does not tell its kind; known are \.memh .* or name it with --format$/],
  ['k.mif', 'DATA_RADIX = ABC;\n', /k\.mif:1: radix ABC is not one of BIN, OCT, DEC, UNS, HEX$/],
  [
    'l.coe',
    'memory_initialization_vector=1;',
    /l\.coe:1: no radix stands before the words; write memory_initialization_radix = 16; first$/,
  ],
  [
    'm.coe',
    'memory_initialization_radix=8;\nmemory_initialization_vector=1;',
    /m\.coe:1: radix 8 is not one of 2, 10, 16$/,
  ],
  [
    'n.coe',
    'memory_initialization_radix=16;\nmemory_initialization_vector=1,,2;',
    /n\.coe:2: a comma without a word before it$/,
  ],
  [
    'o.coe',
    'memory_initialization_radix=10;\nmemory_initialization_vector=\n1\n-129;',
    /o\.coe:4: -129 is too wide; a word of x has 8 bits$/,
  ],
  ['p.coe', 'memory_initialization_radix=16;\nmemory_initialization_vector=;1f', /p\.coe: holds no word of x$/],
  ['q.coe', 'memory_initialization_radix=16;\n', /q\.coe: holds no word of x$/],
  ['r.mif', 'WIDTH=16;\n', /r\.mif:1: WIDTH is 16; a word of x has 8 bits$/],
  [
    's.mif',
    'DEPTH=4; CONTENT BEGIN\n0 : 1\n1 : 2;\nEND;',
    /s\.mif:3: "0 : 1 1 : 2" is no entry; write "address : word;"$/,
  ],
  ['t.mif', 'DEPTH=4; CONTENT BEGIN\n4 : 1;\nEND;', /t\.mif:2: address 4; DEPTH is 4$/],
  ['u.mif', 'DEPTH=4; CONTENT BEGIN\n0 : 1;\n', /u\.mif:2: the entries are never closed by "END;"$/],
  ['v.mif', 'CONTENT BEGIN [2..1] : 1; END;', /v\.mif:1: the range 2\.\.1 runs backwards$/],
  ['w.mif', 'CONTENT BEGIN [0..1] : 1 2 3; END;', /w\.mif:1: 3 words for a range of 2$/],
  ['x.mif', 'DEPTH=4; CONTENT BEGIN % all of it\n0 : 1;', /x\.mif:1: what begins with % is never closed by %$/],
  ['y.mif', 'CONTENT BEGIN END;', /y\.mif: holds no word of x$/],
  ['z.memh', '01 /* 02\n03', /z\.memh:1: what begins with \/\* is never closed by \*\/$/],
  ['a2.memh', '', /a2\.memh: holds no word of x$/],
  ['b2.memh', '// 01\n/* 02 */ @3\n', /b2\.memh: holds no word of x$/],
  ['c2.memh', '@ 10 01', /c2\.memh:1: "" is no address in radix 16$/],
  [
    'd2.hex',
    ':10010000214601360121470136007EFE09D2190140\n',
    /d2\.hex:1: ":1001.*" looks like Intel HEX, which is not read; write it for \$readmemh$/,
  ],
  ['e2.memb', '100000001\n', /e2\.memb:1: 0x101 is too wide; a word of x has 8 bits$/],
  ['f2.json', '[1, 2] 3', /f2\.json:1: "3" stands behind the list of words$/],
  ['g2.json', '[1 2]', /g2\.json:1: a comma is missing before 2$/],
  ['h2.json', '[1,\n]', /h2\.json:2: a comma before "\]"$/],
  ['i2.json', '[true]', /i2\.json:1: "true" is no code; write it as 0x\.\. or as a whole number$/],
  ['j2.json', '[1.0]', /j2\.json:1: "1\.0" is no code; write it as 0x\.\. or as a whole number$/],
  ['k2.json', '[]', /k2\.json: holds no word of x$/],
  ['l2.h', 'int x[] = {09};', /l2\.h:1: "09" is no code; write it as 0x\.\. or as a whole number$/],
  ['m2.h', 'int x[];', /m2\.h: holds no word of x$/],
  ['n2.csv', 'x\ninf\n', /n2\.csv:2: "inf" is no word in radix 16$/],
  ['o2.csv', 'x\ntrue\n', /o2\.csv:2: "true" is no word in radix 16$/],
  ['p2.csv', 'x,x\n1,2\n', /p2\.csv has two columns "x": rename one of them$/],
  [
    'q2.csv',
    'x\n"1"2\n',
    /q2\.csv:2: a quote within a field that is not quoted, or text behind its last quote; write "" for a quote$/,
  ],
  ['r2.csv', 'x\n"1\n', /r2\.csv:2: a quoted field is never closed$/],
  ['t2.mif', 'DEPTH=4;\n', /t2\.mif: has no CONTENT BEGIN before its entries$/],
  ['u2.mif', 'WIDTH=8; CONTENT\n', /u2\.mif: has no CONTENT BEGIN before its entries$/],
  ['v2.mif', 'WIDTH=8;\n', /v2\.mif: holds no word of x$/],
  ['s2.csv', 'x\n', /s2\.csv: holds no word of x$/],
];

it.each(WRONG)('%s: what is wrong is said with file and line', async (name, text, message) => {
  const folder = folderWith({ [name]: text });
  await expect(read(join(folder, name), BYTE)).rejects.toThrow(message);
});

it.skipIf(!isInstalled('iverilog'))('what $writememh of Icarus writes, unknown digits included', async () => {
  const source = `module tb; reg [11:0] m [0:3]; initial begin
    m[0] = 12'h0a5; m[1] = 12'bxxxx_0000_z1z1; m[3] = 12'hfff; $writememh("m.memh", m); end endmodule\n`;
  const folder = folderWith({ 'tb.sv': source });
  expect(program('iverilog', ['-g2012', '-o', 't', 'tb.sv'], { cwd: folder }).status).toBe(0);
  program('vvp', ['t'], { cwd: folder });
  const port: Port = { name: 'm', format: formatNamed('int4'), lanes: 3 };
  expect((await read(join(folder, 'm.memh'), port)).map(({ codes }) => codes)).toEqual([
    [5n, 10n, 0n],
    [undefined, 0n, undefined],
    [undefined, undefined, undefined],
    [15n, 15n, 15n],
  ]);
});

const WORDS = 24;

/** A random file that $readmemh loads: comments, addresses in any order, case, underscores; x and z where `unknown`. */
function memhFile(seed: number, unknown: boolean): string {
  const random = randomFrom(seed);
  const pick = <T>(items: readonly T[]): T => items[random.below(items.length)];
  const digits = unknown ? '0123456789abcdefABCDEFxXzZ' : '0123456789abcdefABCDEF';
  let text = '';
  let at = 0;
  for (let i = 0; i < 30; i++) {
    if (at >= WORDS - 1 || random.below(5) === 0) {
      at = random.below(WORDS);
      text += `@${random.below(2) === 0 ? at.toString(16) : at.toString(16).toUpperCase().padStart(4, '0')}`;
    } else {
      at++;
      text += `${pick([...digits])}${pick(['', '_'])}${pick([...digits])}${pick([...digits])}`;
    }
    text += pick([' ', '\n', '\t', '/* @1 fff // */', ' // 123 /*\n', '/*\n7 http://x\n*/']);
  }
  return text;
}

const FILES = 20;
const MEMORY: Port = { name: 'm', format: formatNamed('int12'), lanes: 1 };

/** The words that a file leaves in a memory, and 'x' where it leaves none. */
async function loaded(path: string): Promise<string[]> {
  const memory = Array<string>(WORDS).fill('x');
  for (const { address, codes } of await read(path, MEMORY)) memory[address] = codes[0]?.toString(16) ?? 'x';
  return memory;
}

/** A bench that loads each file and prints its words in binary. */
function loader(unknown: boolean): string {
  const loads = Array.from(
    { length: FILES },
    (_, i) => `    for (i = 0; i < ${WORDS}; i = i + 1) m[i] = ${unknown ? "12'bx" : "12'h0"};
    $readmemh("f${i}.memh", m); for (i = 0; i < ${WORDS}; i = i + 1) $display("%b", m[i]);`,
  );
  return `module tb; reg [11:0] m [0:${WORDS - 1}]; integer i; initial begin\n${loads.join('\n')}\n    $finish; end endmodule\n`;
}

describe.each([
  ['icarus', 'iverilog', true],
  ['verilator', 'verilator', false],
] as const)('%s', (_name, command, unknown) => {
  it.skipIf(!isInstalled(command))(
    'loads random files of $readmemh as they are read here',
    async () => {
      const files = Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${i}.memh`, memhFile(i, unknown)]));
      const folder = folderWith({ ...files, 'tb.sv': loader(unknown) });
      const run = (command: string, args: string[]) => program(command, args, { cwd: folder });
      const built = unknown
        ? run('iverilog', ['-g2012', '-o', 'tb.vvp', 'tb.sv'])
        : run('verilator', ['--binary', '--timing', '-Wno-fatal', '-Wno-lint', '--top-module', 'tb', 'tb.sv']);
      expect(built.status, built.stderr).toBe(0);
      const { stdout } = unknown ? run('vvp', ['-n', 'tb.vvp']) : run(join(folder, 'obj_dir', 'Vtb'), []);
      const words = stdout.split('\n').filter((line) => /^[01xz]{12}$/i.test(line));
      expect(words).toHaveLength(FILES * WORDS);
      const simulated = words.map((word) => (/[xz]/i.test(word) ? 'x' : Number.parseInt(word, 2).toString(16)));
      for (let i = 0; i < FILES; i++) {
        const here = await loaded(join(folder, `f${i}.memh`));
        // A simulator of two states has zeros where nothing was loaded.
        const expected = unknown ? here : here.map((word) => (word === 'x' ? '0' : word));
        expect(simulated.slice(i * WORDS, (i + 1) * WORDS), files[`f${i}.memh`]).toEqual(expected);
      }
    },
    180_000,
  );
});
