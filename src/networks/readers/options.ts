/** What a reader of network files is told besides the file. */
export interface ReadOptions {
  /** Shapes of inputs by name, where the file leaves lengths open. */
  shapes?: Readonly<Record<string, readonly number[]>>;
  /** Where the files lie that a network keeps its tensors in. */
  folder?: string;
}
