import { type Command, type CommandBody, nameOf } from './command.js';

/** A command before its code is loaded: what the help lists, and what each of its kind needs. */
export interface Entry {
  /** As in the help: `show <name>`. */
  usage: string;
  summary: string;
  /** Ends at once and writes no file: it needs no thread of its own to be stopped in. */
  quick: boolean;
  load(): Promise<Command>;
}

/** Every command, in the order of the help; only the one that is called is loaded. */
export const COMMANDS: readonly Entry[] = [
  entry(
    'run <network>',
    'Run a quantized network on a target: accuracy, errors, cycles and energy, layer by layer',
    async () => (await import('./run.js')).runCommand,
  ),
  entry(
    'sweep <file>',
    'Run all combinations of networks, datapaths, array sizes and dataflows; mark the Pareto-optimal ones',
    async () => (await import('./sweep.js')).sweepCommand,
  ),
  entry(
    'study <network>',
    'Quantize and train a float network by every recipe, run each on the targets that can, and judge',
    async () => (await import('./study.js')).studyCommand,
  ),
  entry(
    'train',
    'Train a network in low precision on a target: loss, accuracy, lost gradients, cycles and energy per step',
    async () => (await import('./train.js')).trainCommand,
  ),
  entry(
    'cycles <topology>',
    'Count the cycles of a SCALE-Sim topology CSV on an array, itemised, or exactly as SCALE-Sim does',
    async () => (await import('./cycles.js')).cyclesCommand,
  ),
  entry(
    'trace <network>',
    'Write what each PE of the array holds in each cycle of a layer: a spreadsheet, a waveform, a drawing',
    async () => (await import('./trace.js')).traceCommand,
  ),
  entry(
    'demo',
    'The main job: the digits network on six arrays of 16 x 16, side by side',
    async () => (await import('./demo.js')).demoCommand,
  ),
  entry(
    'models',
    "Train and quantize the project's networks from their seeds: the same bits each time",
    async () => (await import('./models.js')).modelsCommand,
  ),
  entry(
    'quantize <network>',
    'Quantize a float network after training, and say what that does to its accuracy',
    async () => (await import('./quantize.js')).quantizeCommand,
  ),
  entry(
    'convert',
    'Convert codes from one number format to another, with flags',
    async () => (await import('./convert.js')).convertCommand,
  ),
  entry(
    'eval',
    'Compute one operation, or the dot products of a datapath, on codes in a CSV file',
    async () => (await import('./eval.js')).evalCommand,
  ),
  entry(
    'check',
    "Compare a unit's dumped results with a datapath, or with golden vectors; exit code 0 for PASS, 1 for FAIL",
    async () => (await import('./check.js')).checkCommand,
  ),
  entry(
    'accumulate',
    'How a running sum fares as it grows: swamping, overflow and error against the length, as CSV and SVG',
    async () => (await import('./accumulate.js')).accumulateCommand,
  ),
  entry(
    'vectors [datapath]',
    'Write golden vectors of a unit, an array, a layer or a network, with a manifest; of a unit, with a testbench',
    async () => (await import('./vectors.js')).vectorsCommand,
  ),
  entry(
    'rtl <name>',
    'Write SystemVerilog of a datapath or of a target and its array, with vectors, testbench and Makefile',
    async () => (await import('./rtl.js')).rtlCommand,
  ),
  entry(
    'gates <name>',
    'Synthesise the PE of a datapath or target onto a liberty library: cells, area, clock, energy by operands',
    async () => (await import('./gates.js')).gatesCommand,
  ),
  entry(
    'list <what>',
    'List formats, blocks, datapaths, targets, recipes or networks',
    async () => (await import('./list.js')).listCommand,
    true,
  ),
  entry(
    'show <name>',
    'Show a format, a datapath, a target, a recipe or a network',
    async () => (await import('./show.js')).showCommand,
    true,
  ),
  entry(
    'schema <file>',
    'Print the JSON Schema of a kind of file, or of what a command prints with --json',
    async () => (await import('./schema.js')).schemaCommand,
    true,
  ),
  entry(
    'init [kind] [file]',
    'Write a commented sample that runs: a unit, a target, a sweep, or a folder of data',
    async () => (await import('./init.js')).initCommand,
  ),
  entry(
    'completion <shell>',
    'Print a script that completes commands, options and names in bash, zsh or fish',
    async () => (await import('./completion.js')).completionCommand,
    true,
  ),
];

function entry(usage: string, summary: string, body: () => Promise<CommandBody>, quick = false): Entry {
  return { usage, summary, quick, load: async () => ({ usage, summary, ...(await body()) }) };
}

export function entryNamed(name: string): Entry | undefined {
  return COMMANDS.find((entry) => nameOf(entry) === name);
}
