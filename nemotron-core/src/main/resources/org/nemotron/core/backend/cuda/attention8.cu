// Attention of one new token per sequence over pages of e4m3, on tensor cores. Macros: GROUP, how many query heads of a key/value head
// one block serves, up to 16; PAGE, tokens of a page, a multiple of TILE. Heads have 128 elements.
//
// A warp goes through tiles of 32 tokens with a softmax of its own. Its products are mma.m16n8k16 of f16, which holds every e4m3, with
// query heads as rows: scores [heads, tokens] = queries [heads, H] keys^T, sums [heads, H] = weights [heads, tokens] values.
//
// The order in which a product goes through H is free, and so is the order of its columns. So a lane reads 16 bytes at a time, straight
// into its registers, and nothing is exchanged: with q = lane / 4 and c = lane % 4,
// - a key's 16 elements 64 h + 16 c + (0..15) are the lane's share of four products; the queries' elements are taken in the same order;
// - a value's 16 elements 16 q + (0..15) are column q of 16 products; two tokens' bytes are woven together to be a pair.
// Scores come out where weights go in (as in flash attention, Dao, arXiv:2307.08691).

#define HEAD_DIM 128
#define THREADS 128
#define WARPS (THREADS / WARP)
#define TILE 32
#define HALVES (GROUP > 8 ? 2 : 1)  // rows q, and q + 8
#define ROWS (8 * HALVES)
#define NEGLIGIBLE -1e30f
#define MOST_SPLITS 32
#define PITCH (HEAD_DIM + 8)

// What another block wrote during this kernel.
__device__ __forceinline__ float fresh(const float* from) {
  float value;
  asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(value) : "l"(from));
  return value;
}

// Two e4m3 as two f16.
__device__ __forceinline__ unsigned halves(unsigned pair) {
  unsigned wide = 0;
#if __CUDA_ARCH__ >= 890
  asm("{ .reg .b16 p; cvt.u16.u32 p, %1; cvt.rn.f16x2.e4m3x2 %0, p; }" : "=r"(wide) : "r"(pair));
#endif
  return wide;
}

__device__ __forceinline__ unsigned as_halves(float first, float second) {
  unsigned pair;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
}

__device__ __forceinline__ void multiply(float* sums, unsigned a0, unsigned a1, unsigned a2, unsigned a3, unsigned b0, unsigned b1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

__device__ __forceinline__ unsigned word(const uint4& of, int i) { return i == 0 ? of.x : i == 1 ? of.y : i == 2 ? of.z : of.w; }

// Pairs of f16 from pairs of bf16.
__device__ __forceinline__ unsigned as_halves(unsigned pair) { return as_halves(low(pair), high(pair)); }

// grid (splits, K * chunks, R); at most MOST_SPLITS. queries and out [R, N, H]; kv_scales [2K]; parts [R, N, splits, H], marks
// [R, N, splits]: maximum and sum; arrivals [R, K * chunks], zero.
extern "C" __global__ void __launch_bounds__(THREADS, 3) attend_eight(const bf16* queries, const unsigned char* keys,
                                                                   const unsigned char* values, const float* kv_scales, const int* pages,
                                                                   const int* pages_each, const int* lengths, int kv_heads, int chunks,
                                                                   float scale, bf16* out, float* parts, float2* marks,
                                                                   unsigned* arrivals) {
  await_previous();
  release_next();
  __shared__ float shared_sums[WARPS][ROWS][PITCH];
  __shared__ float2 shared_marks[WARPS][ROWS];
  int splits = gridDim.x, split = blockIdx.x, kv_head = blockIdx.y / chunks, chunk = blockIdx.y % chunks, row = blockIdx.z;
  int query_heads = kv_heads * chunks * GROUP, head = (kv_head * chunks + chunk) * GROUP;
  int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, q = lane / 4, c = lane % 4;
  int length = lengths[row];
  int share = ((length + splits - 1) / splits + TILE - 1) / TILE * TILE;
  int from = min(length, split * share), to = min(length, from + share);
  const int* table = pages + (long long)row * *pages_each;
  int stride = kv_heads * HEAD_DIM;
  float factor = scale * kv_scales[kv_head];

  unsigned query[HALVES][2][8];  // [row q or q + 8][which 64 elements][pair of the lane's 16]
#pragma unroll
  for (int r = 0; r < HALVES; r++) {
    bool asked = q + 8 * r < GROUP;
    const uint4* at = (const uint4*)(queries + ((long long)row * query_heads + head + (asked ? q + 8 * r : 0)) * HEAD_DIM);
#pragma unroll
    for (int h = 0; h < 2; h++) {
      uint4 first = make_uint4(0, 0, 0, 0), second = first;
      if (asked) {
        first = at[8 * h + 2 * c];
        second = at[8 * h + 2 * c + 1];
      }
#pragma unroll
      for (int i = 0; i < 4; i++) {
        query[r][h][i] = as_halves(word(first, i));
        query[r][h][4 + i] = as_halves(word(second, i));
      }
    }
  }

  float sums[16][4];  // [column of the lane's 16 elements][two columns of row q, two of row q + 8]
  float largest[HALVES], weight[HALVES];
#pragma unroll
  for (int j = 0; j < 16; j++) sums[j][0] = sums[j][1] = sums[j][2] = sums[j][3] = 0;
#pragma unroll
  for (int r = 0; r < HALVES; r++) {
    largest[r] = NEGLIGIBLE;
    weight[r] = 0;
  }

  for (int tile = from + TILE * warp; tile < to; tile += TILE * WARPS) {
    long long first = ((long long)table[tile / PAGE] * PAGE + tile % PAGE) * stride + kv_head * HEAD_DIM;
    uint4 key[4][2], value[2][4];
#pragma unroll
    for (int n = 0; n < 4; n++) {
#pragma unroll
      for (int h = 0; h < 2; h++) {
        int t = 8 * n + q;
        key[n][h] = make_uint4(0, 0, 0, 0);
        if (tile + t < to) key[n][h] = *(const uint4*)(keys + first + (long long)t * stride + 64 * h + 16 * c);
      }
    }
#pragma unroll
    for (int k = 0; k < 2; k++) {
#pragma unroll
      for (int u = 0; u < 4; u++) {
        int t = 16 * k + 2 * c + u % 2 + 8 * (u / 2);
        value[k][u] = make_uint4(0, 0, 0, 0);
        if (tile + t < to) value[k][u] = *(const uint4*)(values + first + (long long)t * stride + 16 * q);
      }
    }

    float score[4][4];  // [eight tokens][two tokens of row q, two of row q + 8]
#pragma unroll
    for (int n = 0; n < 4; n++) {
      score[n][0] = score[n][1] = score[n][2] = score[n][3] = 0;
#pragma unroll
      for (int h = 0; h < 2; h++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          unsigned four = word(key[n][h], i);
          multiply(score[n], query[0][h][2 * i], HALVES > 1 ? query[HALVES - 1][h][2 * i] : 0, query[0][h][2 * i + 1],
                   HALVES > 1 ? query[HALVES - 1][h][2 * i + 1] : 0, halves(four & 0xffffu), halves(four >> 16));
        }
      }
    }
#pragma unroll
    for (int r = 0; r < HALVES; r++) {
      float top = largest[r];
#pragma unroll
      for (int n = 0; n < 4; n++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float& s = score[n][2 * r + e];
          s = tile + 8 * n + 2 * c + e < to ? s * factor : NEGLIGIBLE;
          top = fmaxf(top, s);
        }
      }
      top = fmaxf(top, __shfl_xor_sync(FULL, top, 1));
      top = fmaxf(top, __shfl_xor_sync(FULL, top, 2));
      float shrink = exp2f(largest[r] - top);
      largest[r] = top;
      weight[r] *= shrink;
#pragma unroll
      for (int j = 0; j < 16; j++) {
        sums[j][2 * r] *= shrink;
        sums[j][2 * r + 1] *= shrink;
      }
#pragma unroll
      for (int n = 0; n < 4; n++) {
#pragma unroll
        for (int e = 0; e < 2; e++) {
          float& s = score[n][2 * r + e];
          s = tile + 8 * n + 2 * c + e < to ? exp2f(s - top) : 0.f;
          weight[r] += s;
        }
      }
    }
#pragma unroll
    for (int k = 0; k < 2; k++) {
      unsigned a0 = as_halves(score[2 * k][0], score[2 * k][1]), a2 = as_halves(score[2 * k + 1][0], score[2 * k + 1][1]);
      unsigned a1 = HALVES > 1 ? as_halves(score[2 * k][2], score[2 * k][3]) : 0;
      unsigned a3 = HALVES > 1 ? as_halves(score[2 * k + 1][2], score[2 * k + 1][3]) : 0;
#pragma unroll
      for (int i = 0; i < 4; i++) {
        unsigned t0 = word(value[k][0], i), t1 = word(value[k][1], i), t8 = word(value[k][2], i), t9 = word(value[k][3], i);
        unsigned near0 = __byte_perm(t0, t1, 0x5140), near1 = __byte_perm(t0, t1, 0x7362);
        unsigned far0 = __byte_perm(t8, t9, 0x5140), far1 = __byte_perm(t8, t9, 0x7362);
        multiply(sums[4 * i], a0, a1, a2, a3, halves(near0 & 0xffffu), halves(far0 & 0xffffu));
        multiply(sums[4 * i + 1], a0, a1, a2, a3, halves(near0 >> 16), halves(far0 >> 16));
        multiply(sums[4 * i + 2], a0, a1, a2, a3, halves(near1 & 0xffffu), halves(far1 & 0xffffu));
        multiply(sums[4 * i + 3], a0, a1, a2, a3, halves(near1 >> 16), halves(far1 >> 16));
      }
    }
  }

  // Warps of the block; element 16 n + j of a head is at 8 j + n, so that banks differ.
#pragma unroll
  for (int r = 0; r < HALVES; r++) {
    weight[r] += __shfl_xor_sync(FULL, weight[r], 1);
    weight[r] += __shfl_xor_sync(FULL, weight[r], 2);
    if (c == 0) shared_marks[warp][q + 8 * r] = make_float2(largest[r], weight[r]);
#pragma unroll
    for (int j = 0; j < 16; j++) {
      *(float2*)&shared_sums[warp][q + 8 * r][8 * j + 2 * c] = make_float2(sums[j][2 * r], sums[j][2 * r + 1]);
    }
  }
  __syncthreads();
  float value_scale = kv_scales[kv_heads + kv_head];
  for (int at = threadIdx.x; at < GROUP * HEAD_DIM; at += THREADS) {
    int g = at / HEAD_DIM, i = at % HEAD_DIM, place_of = 8 * (i % 16) + i / 16;
    float top = NEGLIGIBLE, total = 0, merged = 0;
#pragma unroll
    for (int w = 0; w < WARPS; w++) top = fmaxf(top, shared_marks[w][g].x);
#pragma unroll
    for (int w = 0; w < WARPS; w++) {
      float share_of = exp2f(shared_marks[w][g].x - top);
      total += shared_marks[w][g].y * share_of;
      merged += shared_sums[w][g][place_of] * share_of;
    }
    merged *= value_scale;
    long long place = (long long)row * query_heads + head + g;
    if (splits == 1) {
      out[place * HEAD_DIM + i] = rounded(total > 0 ? merged / total : 0.f);
    } else {
      parts[(place * splits + split) * HEAD_DIM + i] = merged;
      if (i == 0) marks[place * splits + split] = make_float2(top, total);
    }
  }
  if (splits == 1) return;

  // The last block of a head to arrive merges the splits; the count begins anew by itself.
  __shared__ bool is_last;
  __shared__ float shares[GROUP][MOST_SPLITS];
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    is_last = atomicInc(arrivals + (long long)row * gridDim.y + blockIdx.y, splits - 1) == splits - 1;
  }
  __syncthreads();
  if (!is_last) return;
  __threadfence();
  for (int g = warp; g < GROUP; g += WARPS) {
    const float* mark = (const float*)(marks + ((long long)row * query_heads + head + g) * splits + lane);
    float top = lane < splits ? fresh(mark) : NEGLIGIBLE, weight_of = lane < splits ? fresh(mark + 1) : 0.f;
    float most = top;
    for (int step = WARP / 2; step > 0; step /= 2) most = fmaxf(most, __shfl_xor_sync(FULL, most, step));
    float share_of = exp2f(top - most);
    float total = warp_sum(weight_of * share_of);
    if (lane < splits) shares[g][lane] = total > 0 ? share_of / total : 0.f;
  }
  __syncthreads();
  for (int at = threadIdx.x; at < GROUP * HEAD_DIM; at += THREADS) {
    int g = at / HEAD_DIM, i = at % HEAD_DIM;
    long long place = (long long)row * query_heads + head + g;
    float merged = 0;
#pragma unroll 8
    for (int s = 0; s < splits; s++) merged = fmaf(fresh(parts + (place * splits + s) * HEAD_DIM + i), shares[g][s], merged);
    out[place * HEAD_DIM + i] = rounded(merged);
  }
}
