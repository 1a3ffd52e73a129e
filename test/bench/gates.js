// node test/bench/gates.js: million PE-cycles a CPU second through the netlist of the int8 PE in ASAP7, with the toggles of every net,
// beside Icarus and Verilator on the same netlist, which dump all changes; an image of the digits, every tile of it; a network of
// ResNet-18's size by sampled tiles, on top of what the network itself takes. Options: --json, --quick (no ResNet-18).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatesFor, stockGates } from '../../dist/cli/gateUnits.js';
import { CASES, simulatorOf } from '../../dist/gates/simulator.js';
import { STOCK_LIBRARIES } from '../../dist/gates/stock.js';
import { gateActivity } from '../../dist/simulate/gateActivity.js';
import { goldenRun } from '../../dist/simulate/golden.js';
import { loadNetwork, loadRunData, resolveTarget } from '../../dist/simulate/plan.js';
import { imageFile, resnet } from './resnet.js';

const argument = (name) => process.argv.includes(name);
const folder = mkdtempSync(join(tmpdir(), 'lastbit-bench-'));
/** That another simulator may take. */
const MOST_MS = 60_000;
const BARS = { rate: 60, image: 60, resnet: 2 };

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** The least processor time of some runs. */
function least(run, runs) {
  let best = Infinity;
  for (let i = 0; i < runs; i++) {
    const start = cpuSeconds();
    run();
    best = Math.min(best, cpuSeconds() - start);
  }
  return best;
}

/** Million PE-cycles a second of processor time, on drawn bits at every port but the reset. */
function rateOf({ netlist }) {
  const cycles = 2000;
  const simulator = simulatorOf(netlist, ['leaving']);
  let state = 1;
  const words = Uint8Array.from({ length: cycles * simulator.inputs.length * 16 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 24;
  });
  const reset = simulator.inputs.indexOf('reset[0]');
  for (let cycle = 0; cycle < cycles; cycle++) {
    const at = (cycle * simulator.inputs.length + reset) * 16;
    words.fill(0, at, at + 16);
  }
  const seconds = least(() => {
    simulator.run(words, cycles);
    simulator.activity();
  }, 12);
  return (cycles * CASES) / seconds / 1e6;
}

const verilog = (value, nameOf) =>
  value.kind === 'name'
    ? nameOf(value.name)
    : value.kind === 'constant'
      ? `1'b${Number(value.value)}`
      : value.kind === 'not'
        ? `(~${verilog(value.of, nameOf)})`
        : `(${verilog(value.left, nameOf)} ${{ and: '&', or: '|', xor: '^' }[value.kind]} ${verilog(value.right, nameOf)})`;

const each = (count, textOf) => Array.from({ length: count }, (_, i) => textOf(i)).join(' ');

/** The netlist as assignments and registers, on drawn bits, with all changes of all nets dumped. */
function benchOf({ nets, gates, registers, ports, clock }, cycles) {
  const inputs = [...ports].flatMap(([name, { direction, bits }]) =>
    direction === 'input' && name !== clock ? bits.map((net) => ({ net, fixed: name === 'reset' })) : [],
  );
  const clk = ports.get(clock).bits[0];
  const reads = ({ cell, inputs: pins }) => (name) => `n${pins[cell.inputs.findIndex((pin) => pin.name === name)]}`;
  const lines = [
    ...inputs.map(({ net, fixed }, i) => `assign n${net} = ${fixed ? "1'b0" : `in[${i}]`};`),
    ...gates.flatMap((gate) =>
      gate.outputs.flatMap((net, pin) =>
        net === undefined ? [] : [`assign n${net} = ${verilog(gate.cell.outputs[pin].value, reads(gate))};`],
      ),
    ),
    ...registers.flatMap((register, r) => {
      const { next, names } = register.cell.register;
      const state = (name) => (name === names[0] ? `q${r}` : `(~q${r})`);
      return [
        `always @(posedge clk) q${r} <= ${verilog(next, reads(register))};`,
        ...register.outputs.flatMap((net, pin) =>
          net === undefined ? [] : [`assign n${net} = ${verilog(register.cell.outputs[pin].value, state)};`],
        ),
      ];
    }),
  ];
  return `module dut(input wire clk, input wire [${inputs.length - 1}:0] in);
  ${each(nets, (net) => `wire n${net};`)}
  ${each(registers.length, (r) => `reg q${r} = 0;`)}
  assign n0 = 1'b0; assign n1 = 1'b1; assign n${clk} = clk;
  ${lines.join('\n  ')}
endmodule
module tb;
  reg clk = 0;
  reg [${inputs.length - 1}:0] in = 0;
  integer t;
  dut dut(.clk(clk), .in(in));
  initial begin
    $dumpfile("all.vcd"); $dumpvars(0, dut);
    for (t = 0; t < ${cycles}; t = t + 1) begin
      in = {${Array.from({ length: Math.ceil(inputs.length / 32) }, () => '$random').join(', ')}};
      #1 clk = 1; #1 clk = 0;
    end
    $finish;
  end
endmodule
`;
}

/** The same of another simulator; undefined where it is not installed. */
function rateIn(name, { netlist }) {
  const cycles = 4000;
  writeFileSync(join(folder, 'tb.v'), benchOf(netlist, cycles));
  const [build, run] =
    name === 'Icarus'
      ? [['iverilog', '-g2012', '-s', 'tb', '-o', 'tb.vvp', 'tb.v'], ['vvp', 'tb.vvp']]
      : [
          ['verilator', '--binary', '--trace', '-O3', '-Wno-fatal', '--timing', '--top-module', 'tb', '--Mdir', 'obj', 'tb.v'],
          ['obj/Vtb'],
        ];
  const { status, stderr } = spawnSync(build[0], build.slice(1), { cwd: folder, encoding: 'utf8', timeout: MOST_MS });
  if (status !== 0) {
    if (stderr) console.error(`${name}: ${stderr.split('\n')[0]}`);
    return undefined;
  }
  const start = performance.now();
  const { status: ran } = spawnSync(join(run[0].includes('/') ? folder : '', run[0]), run.slice(1), { cwd: folder, timeout: MOST_MS });
  return ran === 0 ? cycles / (performance.now() - start) / 1e3 : undefined;
}

async function measuring(file, name, images) {
  const network = await loadNetwork(file);
  const target = resolveTarget({ base: name }, network);
  const gates = await gatesFor(network, target, 'asap7');
  const data = await loadRunData(network, images);
  return { network, target, gates, data };
}

const unit = resolveTarget({ base: 'int8' });
const pe = stockGates(STOCK_LIBRARIES[0], unit.datapath, unit.datapath.order);
const results = { rate: rateOf(pe), cells: pe.cells };
for (const name of ['Icarus', 'Verilator']) results[name.toLowerCase()] = rateIn(name, pe);

const start = cpuSeconds();
const digits = await measuring('models/digits-int8.onnx', 'int8', { images: 16 });
const looking = () => gateActivity(digits.network, digits.target, digits.gates, digits.data, { windows: 0 });
looking();
results.first = cpuSeconds() - start;
results.image = (1e3 * least(looking, 5)) / 16;
if (!argument('--quick')) {
  writeFileSync(join(folder, 'network.onnx'), resnet(18, 224, {}));
  writeFileSync(join(folder, 'images.npy'), imageFile(1, 224));
  const { network, target, gates, data } = await measuring(join(folder, 'network.onnx'), 'int8', {
    folder: join(folder, 'images.npy'),
    images: 1,
  });
  const own = (windows) => {
    const from = cpuSeconds();
    const { error, glitches, tiles, simulated } = gateActivity(network, target, gates, data, { windows });
    return { seconds: cpuSeconds() - from, error, tiles, simulated, glitches };
  };
  const golden = least(() => goldenRun(network, target, data.inputs(0, 1)), 3);
  const without = own(0);
  const { glitches, seconds } = own(2048);
  results.resnet = { ...without, golden, glitches, glitchSeconds: seconds - without.seconds };
}
rmSync(folder, { recursive: true, force: true });

if (argument('--json')) console.log(JSON.stringify({ node: process.version, cpu: cpus()[0].model, results }, null, 2));
else {
  const { rate, cells, icarus, verilator, image, first, resnet: large } = results;
  const beside = (other) => (other === undefined ? 'not installed' : `${other.toFixed(3)} (${(rate / other).toFixed(0)} x)`);
  console.log(`gates on one thread; Node ${process.version}, ${cpus()[0].model}`);
  console.log(`int8 PE in ASAP7, ${cells} cells: ${rate.toFixed(1)} million PE-cycles a CPU second, toggles of every net (bar ${BARS.rate})`);
  console.log(`  Icarus with all changes dumped: ${beside(icarus)}; Verilator: ${beside(verilator)}`);
  console.log(`an image of digits-int8, every tile: ${image.toFixed(1)} ms (bar ${BARS.image}); the first 16, compiling included: ${first.toFixed(2)} s`);
  if (large !== undefined) {
    const { seconds, golden, error, tiles, simulated, glitches, glitchSeconds } = large;
    console.log(
      `ResNet-18 at 224: ${simulated} of ${tiles} tiles in ${seconds.toFixed(2)} s (bar ${BARS.resnet}), ${golden.toFixed(2)} s of it the network's own; +- ${(100 * error).toFixed(2)} % (95 %)`,
    );
    console.log(
      `  glitches in ${glitchSeconds.toFixed(2)} s more: ${glitches.factor.toFixed(2)} (${glitches.low.toFixed(2)} to ${glitches.high.toFixed(2)})`,
    );
  }
}
