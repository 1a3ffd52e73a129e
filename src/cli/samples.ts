/** Commented files to begin with, as `init` writes them; each runs as it stands. */
export const SAMPLES = {
  unit: `# A MAC unit, for "lastbit eval --datapath unit.yaml", "show", "vectors", "rtl", and "datapath:" in a target's file.
# "lastbit schema datapath" has every field; "lastbit list formats" has the formats.
name: my-unit
# The operands' formats: a name, or a record such as {exponentBits: 3, mantissaBits: 3}.
a: e4m3fn
b: e4m3fn
# Products that meet the running sum in one firing.
lanes: 4
# How they meet: "sequential" rounds after each, "tree" pairwise, "aligned" keeps fractionBits below the largest.
combine: {kind: aligned, fractionBits: 13, truncate: rtz}
# The register of the sum. rounding: rne, rna, rnz, rtz, rup, rdn, rto or {stochastic: {bits: 8}};
# overflow: ieee, infinity, saturate, saturate-propagate, nan (integers: wrap, saturate).
sum: {format: fp32, rounding: rne, overflow: ieee}
`,
  target: `# An accelerator, for "lastbit run NETWORK --target target.yaml". "lastbit schema target" has every field.
name: my-target
# dataflow: what stays in the PEs: os (sums), ws (weights) or is (inputs).
array: {rows: 32, cols: 32, dataflow: ws}
# A name of "lastbit list datapaths", a file as "lastbit init unit" writes one, or the fields of one.
datapath: fp8-fp16
# Kilobytes of the memories beside the array. bandwidth: bits a cycle; without it they never wait.
memories: {a: 64, b: 256, sum: 64, bandwidth: {dram: 256}}
clockMhz: 800
# Whose energies are charged; "lastbit show target.yaml" says the source of each.
energy: horowitz-45nm
`,
  sweep: `# A design space, for "lastbit sweep sweep.yaml": all combinations of the lists below.
# A killed sweep goes on where it stopped. "lastbit schema sweep" has every field.
networks: [models/digits-int8.onnx, models/digits-e4m3fn.onnx]
# Names, or files as "lastbit init unit" writes them; a pair without common operands is left out and said so.
datapaths: [int8, fp8-fp16, fp8-fp32]
rows: [8, 16]
cols: 16
dataflow: [os, ws]
images: 50
# The float network that accuracy is compared with.
reference: models/digits-fp32.onnx
# A folder of MNIST's IDX files as "lastbit init data" writes it; without it, generated images.
# data: data
`,
} as const;

/** What stands beside the files of `init data`. */
export const DATA_README = `Images that lastbit reads, here 28 x 28 digits that it drew itself:

    lastbit run models/digits-int8.onnx --target int8 --data FOLDER --images 200
    lastbit train --recipe lsq --network mlp --data FOLDER --images 500 --judged 200

Put your own in their place, in one of two forms.

1. MNIST's IDX files, plain or .gz: train-images-idx3-ubyte and train-labels-idx1-ubyte to train on,
   t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte to judge by. Big-endian words: a magic number (0x803 images,
   0x801 labels), the count, for images rows and columns; then a byte for each pixel or label.
2. A CSV file (--data images.csv; plain or .gz): a line for each image, its label, then its pixels from 0 to 255,
   row after row of a square. A first line that begins with a letter is passed over. images.csv here is one.

Labels are 0 to one less than the network's outputs; images are as large as its input.
`;
