import { type Command, nameOf } from './command.js';

/** A command before its code is loaded: what the help lists, and what each of its kind needs. */
export interface Entry {
  /** As in the help: `show <name>`. */
  usage: string;
  summary: string;
  /** Ends at once and writes no file: it needs no thread of its own to be stopped in. */
  quick?: boolean;
  load(): Promise<Command>;
}

/** Every command, in the order of the help; only the one that is called is loaded. */
export const COMMANDS: readonly Entry[] = [
  {
    usage: 'run <network>',
    summary: 'Run a quantized network on a target: accuracy, errors, cycles and energy, layer by layer',
    load: async () => (await import('./run.js')).runCommand,
  },
  {
    usage: 'sweep <file>',
    summary: 'Run all combinations of networks, datapaths, array sizes and dataflows; mark the Pareto-optimal ones',
    load: async () => (await import('./sweep.js')).sweepCommand,
  },
  {
    usage: 'study <network>',
    summary: 'Quantize and train a float network by every recipe, run each on the targets that can, and judge',
    load: async () => (await import('./study.js')).studyCommand,
  },
  {
    usage: 'train',
    summary: 'Train a network in low precision on a target: loss, accuracy, lost gradients, cycles and energy per step',
    load: async () => (await import('./train.js')).trainCommand,
  },
  {
    usage: 'cycles <topology>',
    summary: 'Count the cycles of a SCALE-Sim topology CSV on an array, itemised, or exactly as SCALE-Sim does',
    load: async () => (await import('./cycles.js')).cyclesCommand,
  },
  {
    usage: 'trace <network>',
    summary: 'Write what each PE of the array holds in each cycle of a layer: a spreadsheet, a waveform, a drawing',
    load: async () => (await import('./trace.js')).traceCommand,
  },
  {
    usage: 'demo',
    summary: 'The main job: the digits network on six arrays of 16 x 16, side by side',
    load: async () => (await import('./demo.js')).demoCommand,
  },
  {
    usage: 'models',
    summary: "Train and quantize the project's networks from their seeds: the same bits each time",
    load: async () => (await import('./models.js')).modelsCommand,
  },
  {
    usage: 'quantize <network>',
    summary: 'Quantize a float network after training, and say what that does to its accuracy',
    load: async () => (await import('./quantize.js')).quantizeCommand,
  },
  {
    usage: 'convert',
    summary: 'Convert codes from one number format to another, with flags',
    load: async () => (await import('./convert.js')).convertCommand,
  },
  {
    usage: 'eval',
    summary: 'Compute one operation, or the dot products of a datapath, on codes in a CSV file',
    load: async () => (await import('./eval.js')).evalCommand,
  },
  {
    usage: 'check',
    summary:
      "Compare a unit's dumped results with a datapath, or with golden vectors; exit code 0 for PASS, 1 for FAIL",
    load: async () => (await import('./check.js')).checkCommand,
  },
  {
    usage: 'accumulate',
    summary: 'How a running sum fares as it grows: swamping, overflow and error against the length, as CSV and SVG',
    load: async () => (await import('./accumulate.js')).accumulateCommand,
  },
  {
    usage: 'vectors [datapath]',
    summary:
      'Write golden vectors of a unit, an array, a layer or a network, with a manifest; of a unit, with a testbench',
    load: async () => (await import('./vectors.js')).vectorsCommand,
  },
  {
    usage: 'rtl <name>',
    summary: 'Write SystemVerilog of a datapath or of a target and its array, with vectors, testbench and Makefile',
    load: async () => (await import('./rtl.js')).rtlCommand,
  },
  {
    usage: 'list <what>',
    summary: 'List formats, blocks, datapaths, targets, recipes or networks',
    quick: true,
    load: async () => (await import('./list.js')).listCommand,
  },
  {
    usage: 'show <name>',
    summary: 'Show a format, a datapath, a target, a recipe or a network',
    quick: true,
    load: async () => (await import('./show.js')).showCommand,
  },
  {
    usage: 'schema <what>',
    summary: 'Print the JSON Schema of a kind of file, or of what a command prints with --json',
    quick: true,
    load: async () => (await import('./schema.js')).schemaCommand,
  },
  {
    usage: 'init [kind] [file]',
    summary: 'Write a commented sample that runs: a unit, a target, a sweep, or a folder of data',
    load: async () => (await import('./init.js')).initCommand,
  },
  {
    usage: 'completion <shell>',
    summary: 'Print a script that completes commands, options and names in bash, zsh or fish',
    quick: true,
    load: async () => (await import('./completion.js')).completionCommand,
  },
];

export function entryNamed(name: string): Entry | undefined {
  return COMMANDS.find((entry) => nameOf(entry) === name);
}
