import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { begin, end } from '../files/begun.js';

/** What Yosys is to do: with which files in its folder, and which file of it is wanted. */
export interface YosysJob {
  files: readonly { name: string; text: string }[];
  /** The module that the script is about; for what is said where Yosys refuses it. */
  top: string;
  script: string;
  result: string;
}

/** Yosys as WebAssembly (https://yowasp.org), which a user may install beside lastbit. */
const PACKAGE = '@yowasp/yosys';

/**
 * Runs a script in a folder of its own: with the program `yosys`, or where there is none with the package @yowasp/yosys,
 * as the working folder finds it, or the place where lastbit is installed.
 * @returns text of the file that was wanted
 * @throws Error with one line where Yosys refuses, or there is neither
 */
export async function runYosys({ files, top, script, result }: YosysJob): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-synth-'));
  begin('scratch', folder);
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    const complaint = await asked(folder, script, result);
    if (complaint !== undefined) throw new Error(`yosys refuses ${top}: ${complaint}`);
    return readFileSync(join(folder, result), 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
    end('scratch', folder);
  }
}

/** @returns the last complaint where it fails. @throws Error where there is no Yosys */
async function asked(folder: string, script: string, result: string): Promise<string | undefined> {
  try {
    return await run('yosys', ['-q', '-p', script], folder);
  } catch (error) {
    const found = packageFound();
    if (found !== undefined)
      return run(process.execPath, ['--input-type=module', '-e', IN_NODE, found, script, result], folder);
    throw new Error(
      `yosys cannot be run, and synthesis needs it (Debian: apt-get install yosys; anywhere: npm install ${PACKAGE})`,
      { cause: error },
    );
  }
}

/** Address of the package's code. */
function packageFound(): string | undefined {
  for (const from of [join(process.cwd(), 'any.js'), import.meta.url])
    try {
      return pathToFileURL(createRequire(from).resolve(PACKAGE)).href;
    } catch {
      // Not installed there.
    }
  return undefined;
}

/**
 * Runs the package on the files of a folder: a process of its own, as it stops for nothing while it works. The text is
 * here so that it is the same beside sources and in a bundle.
 */
const IN_NODE = `
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { argv, exit } from 'node:process';
const [address, script, result] = argv.slice(1);
try {
  const { runYosys } = await import(address);
  if (typeof runYosys !== 'function') throw new Error(address + ' has no runYosys');
  const files = Object.fromEntries(readdirSync('.').map((name) => [name, readFileSync(name, 'utf8')]));
  const made = await runYosys(['-q', '-p', script], files);
  writeFileSync(result, made[result]);
} catch (error) {
  // What Yosys itself refuses it has said on standard error.
  if (typeof error.code !== 'number') writeFileSync(2, error.message);
  exit(1);
}
`;

/** Runs a program in a folder. @returns its last complaint where it fails. @throws the system's error where it cannot be run */
async function run(command: string, args: readonly string[], folder: string): Promise<string | undefined> {
  // A group of its own, so that what it has started ends with it.
  const child = spawn(command, args, {
    cwd: folder,
    // What it keeps for abc goes with the folder, also where it is stopped.
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const group = `-${child.pid}`;
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  if (child.pid !== undefined) begin('process', group);
  try {
    const [status] = (await once(child, 'close')) as [number | null];
    return status === 0 ? undefined : (said.trim().split('\n').at(-1) ?? '');
  } finally {
    if (child.pid !== undefined) end('process', group);
  }
}
