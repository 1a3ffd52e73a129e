/** Something that an array does, once. Formats by name. */
export type Action = UnitAction | MemoryAction | PeAction;

/** What a unit does: one product, one addition, or one product that is added. */
export type UnitAction =
  | { kind: 'multiply'; a: string; b: string }
  | { kind: 'add'; sum: string }
  | { kind: 'mac'; a: string; b: string; sum: string };

/** What the PEs take where their gates are looked at, and not what they do. */
export interface PeAction {
  kind: 'pe';
  /** Nets of gates and of registers; the clock in cycles of work; all of an idle cycle but its nets; wires; leakage. */
  part: 'logic' | 'registers' | 'clock' | 'idle' | 'wires' | 'leakage' | 'glitches';
}

/** 64 bits from a memory or into it. */
export type MemoryAction =
  | { kind: 'read' | 'write'; level: 'sram'; kilobytes: number }
  | { kind: 'read' | 'write'; level: 'dram' };

export type SramAction = Extract<MemoryAction, { level: 'sram' }>;

/** How often each action happens; none comes twice. */
export type Actions = readonly { action: Action; count: number }[];

/** As tables and outputs write it: `multiply:int8*int8`, `add:int32`, `mac:A*B+SUM`, `read:sram32KB`, `write:dram`, `pe:logic`. */
export function textOf(action: Action): string {
  switch (action.kind) {
    case 'multiply':
      return `multiply:${action.a}*${action.b}`;
    case 'add':
      return `add:${action.sum}`;
    case 'pe':
      return `pe:${action.part}`;
    case 'mac':
      return `mac:${action.a}*${action.b}+${action.sum}`;
    default:
      return `${action.kind}:${action.level === 'dram' ? 'dram' : `sram${action.kilobytes}KB`}`;
  }
}

/** The memory that the text of a table speaks of, where it has a size. */
export function sramIn(text: string): SramAction | undefined {
  const match = /^(read|write):sram(\d+(?:\.\d+)?)KB$/.exec(text);
  if (match === null) return undefined;
  return { kind: match[1] as 'read' | 'write', level: 'sram', kilobytes: Number(match[2]) };
}

/** Whether a unit does it, so that it is saved where a unit idles. */
export function isOfUnit(action: Action): action is UnitAction {
  return !('level' in action) && action.kind !== 'pe';
}
