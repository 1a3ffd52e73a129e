// The kernels' algorithms in C, as a yardstick: generated, compiled by gcc for 128- and 512-bit vectors, and run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** C of one kernel: element types of operands and sums, products of one step, and the statements of a step. */
const KERNELS = {
  int8: { in: 'int16_t', out: 'int32_t', group: 2, splat: 'int32_t', step: 'acc = ADD32(acc, MADD(x, y));' },
  sat16: { in: 'int16_t', out: 'int16_t', group: 1, splat: 'int16_t', step: 'acc = ADDS(acc, (V)((vs)x * (vs)y));' },
  sat20: {
    in: 'int32_t',
    out: 'int32_t',
    group: 1,
    splat: 'int32_t',
    step: 'acc = CLAMP(ADD32(acc, MADD(x, (vi)y & 0xffff)), -(1 << 19), (1 << 19) - 1);',
  },
  fp16: {
    in: 'float',
    out: 'float',
    group: 1,
    splat: 'float',
    watch: true,
    step: `vf z = (vf)acc + (vf)x * (vf)y; vi e = (vi)z & 0x7f800000; top = (V)MAXPS((vf)top, (vf)e);
      vf c = (vf)(e + ((13 << 23) | 0x400000)); acc = (V)((z + c) - c);`,
  },
  fp32: { in: 'float', out: 'float', group: 1, splat: 'float', step: 'acc = (V)((vf)acc + (vf)x * (vf)y);' },
  rtz: {
    in: 'double',
    out: 'double',
    group: 1,
    splat: 'double',
    step: 'acc = (V)((vl)((vd)acc + (vd)x * (vd)y) & ~0x1fffffffLL);',
  },
  stochastic: {
    in: 'double',
    out: 'double',
    group: 1,
    splat: 'double',
    step: 'acc = (V)(((vl)((vd)acc + (vd)x * (vd)y) + draws[k]) & ~0x1fffffffLL);',
  },
};

const HEAD = `
#include <immintrin.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
typedef int32_t vi __attribute__((vector_size(W)));
typedef int16_t vs __attribute__((vector_size(W)));
typedef int64_t vl __attribute__((vector_size(W)));
typedef float vf __attribute__((vector_size(W)));
typedef double vd __attribute__((vector_size(W)));
typedef vi V;
#if W == 64
#define MADD(x, y) (V)_mm512_madd_epi16((__m512i)(x), (__m512i)(y))
#define ADDS(x, y) (V)_mm512_adds_epi16((__m512i)(x), (__m512i)(y))
#define CLAMP(x, low, high) (V)_mm512_max_epi32(_mm512_min_epi32((__m512i)(x), _mm512_set1_epi32(high)), _mm512_set1_epi32(low))
#define MAXPS(x, y) (vf)_mm512_max_ps((__m512)(x), (__m512)(y))
#define TRUNC(x) (vf)_mm512_roundscale_ps((__m512)(x), 3)
#else
#define MADD(x, y) (V)_mm_madd_epi16((__m128i)(x), (__m128i)(y))
#define ADDS(x, y) (V)_mm_adds_epi16((__m128i)(x), (__m128i)(y))
#define CLAMP(x, low, high) (V)_mm_max_epi32(_mm_min_epi32((__m128i)(x), _mm_set1_epi32(high)), _mm_set1_epi32(low))
#define MAXPS(x, y) (vf)_mm_max_ps((__m128)(x), (__m128)(y))
#define TRUNC(x) (vf)_mm_round_ps((__m128)(x), 3)
#endif
#define ADD32(x, y) ((x) + (y))
static int64_t draws[1 << 16];
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }
static void *take(size_t n) { void *p = aligned_alloc(64, (n + 4096) / 64 * 64); memset(p, 0, n); return p; }
`;

/** Packing by table, the tile of 4 rows by 2 vectors, and the way out, as the kernels do it. */
function tiled(name, kernel) {
  const { group } = kernel;
  return `
static double ${name}(int n, const uint8_t *ca, const uint8_t *cb, const void *table, void *out) {
  typedef ${kernel.in} T; typedef ${kernel.out} O; typedef ${kernel.splat} S;
  enum { L = W / sizeof(S), C = 2 * L, G = ${group} };
  static T *a, *b; static O *c; static int had;
  if (had != n) { a = take(sizeof(T) * n * n); b = take(sizeof(T) * n * n); c = take(sizeof(O) * n * n); had = n; }
  const T *t = table;
  double start = now();
  for (int i = 0; i < n; i += 4) for (int k = 0; k < n; k += G) for (int r = 0; r < 4; r++) for (int g = 0; g < G; g++)
    a[i * n + k * 4 + r * G + g] = t[ca[(i + r) * n + k + g]];
  for (int j = 0; j < n; j += C) for (int k = 0; k < n; k += G) for (int g = 0; g < G; g++) for (int l = 0; l < C; l++)
    b[j * n + k * C + l * G + g] = t[cb[(k + g) * n + j + l]];
  int flagged = 0;
  int block = 262144 / (int)(sizeof(T) * n); block = block < 4 ? 4 : block > n ? n : block & ~3;
  for (int first = 0; first < n; first += block) for (int j = 0; j < n; j += C) for (int i = first; i < first + block && i < n; i += 4) {
    V s[4][2]; memset(s, 0, sizeof s);
    V top; memset(&top, 0, sizeof top);
    const S *pa = (const S *)(a + i * n); const V *pb = (const V *)(b + j * n);
    for (int k = 0; k < n / G; k++, pa += 4, pb += 2)
      for (int r = 0; r < 4; r++) { S splat[L]; for (int l = 0; l < L; l++) splat[l] = pa[r]; V x; memcpy(&x, splat, sizeof x);
        for (int v = 0; v < 2; v++) { V y = pb[v]; V acc = s[r][v]; ${kernel.step} s[r][v] = acc; } }
    for (int r = 0; r < 4; r++) memcpy(c + (i + r) * n + j, s[r], sizeof s[r]);
    ${kernel.watch ? 'for (int l = 0; l < W / 4; l++) flagged |= top[l] >= 0x47000000;' : ''}
  }
  memcpy(out, c, sizeof(O) * n * n);
  return flagged ? -1 : now() - start;
}`;
}

/** The aligned dot product of 32 lanes, 13 fraction bits, rounded toward zero to 13 mantissa bits. */
const ALIGNED = `
static double aligned(int n, const uint8_t *ca, const uint8_t *cb, const void *table, void *out) {
  enum { L = W / 4 };
  static float *a, *b, *wa, *wb, *c; static int had;
  if (had != n) { a = take(4 * n * n); b = take(4 * n * n); wa = take(4 * n * n); wb = take(4 * n * n); c = take(4 * n * n); had = n; }
  const float *t = table, *w = t + 256;
  double start = now();
  for (int i = 0; i < n; i += 4) for (int k = 0; k < n; k++) for (int r = 0; r < 4; r++) {
    a[i * n + k * 4 + r] = t[ca[(i + r) * n + k]]; wa[i * n + k * 4 + r] = w[ca[(i + r) * n + k]]; }
  for (int j = 0; j < n; j += L) for (int k = 0; k < n; k++) for (int l = 0; l < L; l++) {
    b[j * n + k * L + l] = t[cb[k * n + j + l]]; wb[j * n + k * L + l] = w[cb[k * n + j + l]]; }
  for (int j = 0; j < n; j += L) for (int i = 0; i < n; i += 4) {
    vf acc[4]; memset(acc, 0, sizeof acc);
    for (int k = 0; k < n; k += 32) {
      const float *pa = a + i * n + k * 4, *pw = wa + i * n + k * 4; const vf *pb = (vf *)(b + j * n + k * L), *pv = (vf *)(wb + j * n + k * L);
      vf m[4], inv[4], sum[4];
      for (int r = 0; r < 4; r++) m[r] = MAXPS((vf)((vi)acc[r] & 0x7f800000), (vf){0} + 0x1p-60f);
      for (int q = 0; q < 32; q++) for (int r = 0; r < 4; r++) m[r] = MAXPS(m[r], pw[q * 4 + r] * pv[q]);
      for (int r = 0; r < 4; r++) { inv[r] = 8192.0f / m[r]; sum[r] = TRUNC(acc[r] * inv[r]); }
      for (int q = 0; q < 32; q++) for (int r = 0; r < 4; r++) sum[r] += TRUNC((pa[q * 4 + r] * pb[q]) * inv[r]);
      for (int r = 0; r < 4; r++) acc[r] = (vf)((vi)(sum[r] * (m[r] * 0x1p-13f)) & ~0x3ff);
    }
    for (int r = 0; r < 4; r++) memcpy(c + (i + r) * n + j, acc + r, W);
  }
  memcpy(out, c, 4 * n * n);
  return now() - start;
}`;

/** 64 signs a word; 512-bit words where the processor counts them. */
const XNOR = `
static double xnor(int n, const uint8_t *ca, const uint8_t *cb, const void *table, void *out) {
  static uint64_t *a, *b; static int32_t *c; static int had; int words = n / 64;
  if (had != n) { a = take(n * n / 8); b = take(n * n / 8); c = take(4 * n * n); had = n; }
  double start = now();
  for (int i = 0; i < n; i++) for (int w = 0; w < words; w++) { uint64_t bits = 0;
    for (int q = 0; q < 4; q++) bits |= (uint64_t)(uint16_t)_mm_movemask_epi8(_mm_slli_epi16(_mm_loadu_si128((const __m128i *)(ca + i * n + w * 64 + q * 16)), 7)) << (16 * q);
    a[i * words + w] = bits; }
  for (int j = 0; j < n; j += 16) for (int w = 0; w < words; w++) for (int q = 0; q < 8; q++) {
    __m128i bits = _mm_setzero_si128();
    for (int i = 7; i >= 0; i--) bits = _mm_or_si128(_mm_add_epi8(bits, bits), _mm_loadu_si128((const __m128i *)(cb + (w * 64 + q * 8 + i) * n + j)));
    uint8_t lanes[16]; memcpy(lanes, &bits, 16);
    for (int l = 0; l < 16; l++) ((uint8_t *)(b + (j + l) * words + w))[q] = lanes[l]; }
  for (int i = 0; i < n; i += 4) for (int j = 0; j < n; j += 2)
    for (int r = 0; r < 4; r++) for (int s = 0; s < 2; s++) {
      const uint64_t *x = a + (i + r) * words, *y = b + (j + s) * words; int64_t count = 0; int w = 0;
#if W == 64 && defined(__AVX512VPOPCNTDQ__)
      __m512i total = _mm512_setzero_si512();
      for (; w + 8 <= words; w += 8) total = _mm512_add_epi64(total, _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(x + w), _mm512_loadu_si512(y + w))));
      count = _mm512_reduce_add_epi64(total);
#endif
      for (; w < words; w++) count += __builtin_popcountll(x[w] ^ y[w]);
      c[(i + r) * n + j + s] = n - 2 * (int32_t)count; }
  memcpy(out, c, 4 * n * n);
  return now() - start;
}`;

const MAIN = `
int main(int argc, char **argv) {
  int n = atoi(argv[2]), reps = atoi(argv[3]);
  FILE *f = fopen(argv[4], "rb"); uint8_t *a = take(n * n), *b = take(n * n); void *table = take(1 << 16), *out = take(8 * n * n);
  if (!f || fread(a, 1, n * n, f) + fread(b, 1, n * n, f) != 2u * n * n || fread(table, 1, 1 << 14, f) == 0) return 1;
  srand(1); for (int i = 0; i < 1 << 16; i++) draws[i] = (int64_t)(rand() & 0xff) << 21;
  double best = 1e9;
  for (int r = 0; r < reps; r++) { double ms = run(argv[1], n, a, b, table, out); if (ms < best) best = ms; }
  printf("%f\\n", best);
  return 0;
}`;

function source() {
  const names = [...Object.keys(KERNELS), 'aligned', 'xnor'];
  const cases = names.map((name) => `if (!strcmp(name, "${name}")) return ${name}(n, a, b, table, out);`).join('\n  ');
  const run = `static double run(const char *name, int n, const uint8_t *a, const uint8_t *b, const void *table, void *out) {\n  ${cases}\n  return -1;\n}`;
  const bodies = Object.entries(KERNELS).map(([name, kernel]) => tiled(name, kernel));
  return [HEAD, ...bodies, ALIGNED, XNOR, run, MAIN].join('\n');
}

/**
 * Compiles the yardstick for both vector widths.
 * @returns {{ widths: number[], time: (width: number, kernel: string, size: number, repeats: number, data: Uint8Array) => number, close: () => void } | undefined}
 * milliseconds of the best run, or undefined without gcc
 */
export function nativeYardstick() {
  const folder = mkdtempSync(join(tmpdir(), 'lastbit-bench-'));
  const file = join(folder, 'kernels.c');
  writeFileSync(file, source());
  const close = () => rmSync(folder, { recursive: true, force: true });
  const widths = [16, 64].filter((width) => {
    const target = width === 16 ? ['-mno-avx512f', '-mprefer-vector-width=128'] : ['-mprefer-vector-width=512'];
    const flags = ['-O3', '-march=native', ...target, '-ffp-contract=off', '-fno-strict-aliasing', '-w', `-DW=${width}`];
    const made = spawnSync('gcc', [...flags, file, '-o', join(folder, `w${width}`)], { encoding: 'utf8' });
    if (made.error === undefined && made.status !== 0 && process.env.LASTBIT_BENCH_DEBUG) console.error(made.stderr);
    return made.status === 0;
  });
  if (widths.length === 0) {
    close();
    return undefined;
  }
  const time = (width, kernel, size, repeats, data) => {
    const input = join(folder, 'input');
    writeFileSync(input, data);
    const result = spawnSync(join(folder, `w${width}`), [kernel, String(size), String(repeats), input], { encoding: 'utf8' });
    return result.status === 0 ? Number(result.stdout) : Number.NaN;
  };
  return { widths, time, close };
}
