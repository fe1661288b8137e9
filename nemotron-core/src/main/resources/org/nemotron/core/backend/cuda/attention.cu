// Attention of one new token per sequence over the pages of its sequence. Macros: HEAD_DIM, a multiple of 8 up to 256;
// GROUP, how many query heads of a key/value head one block serves; PAGE, tokens of a page; EIGHT_KV, 1 where pages are e4m3.
//
// LANES lanes hold one token's key or value, 8 elements each, and are a worker: it goes through every W-th token of the block's
// share with a softmax of its own (running maximum and sum); workers, then blocks of the same head, are merged at the end.
// The exponent's base is 2: queries come scaled by log2(e) / sqrt(H).

#define LANES (HEAD_DIM > 128 ? 32 : HEAD_DIM > 64 ? 16 : HEAD_DIM > 32 ? 8 : HEAD_DIM > 16 ? 4 : HEAD_DIM > 8 ? 2 : 1)
#define THREADS 128
#define WORKERS (THREADS / LANES)
#define AT_ONCE (GROUP > 4 ? 2 : 4)
#define NEGLIGIBLE -1e30f
#define MOST_SPLITS 32

#if EIGHT_KV
typedef unsigned char kept;
typedef uint2 eight_kept;
#else
typedef bf16 kept;
typedef uint4 eight_kept;
#endif

// What another block wrote during this kernel.
__device__ __forceinline__ float fresh(const float* from) {
  float value;
  asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(value) : "l"(from));
  return value;
}

// grid (splits, K * chunks, R); at most MOST_SPLITS. queries and out [R, N, H]; kv_scales [2K] of e4m3; parts [R, N, splits, H], marks [R, N, splits]: maximum
// and sum; arrivals [R, K * chunks], zero.
extern "C" __global__ void __launch_bounds__(THREADS) attend(const bf16* queries, const kept* keys, const kept* values,
                                                             const float* kv_scales, const int* pages, const int* pages_each, const int* lengths, int kv_heads,
                                                             int chunks, float scale, bf16* out, float* parts, float2* marks,
                                                             unsigned* arrivals) {
  await_previous();
  release_next();
  __shared__ float shared_sums[WORKERS][GROUP][HEAD_DIM];
  __shared__ float2 shared_marks[WORKERS][GROUP];
  int splits = gridDim.x, split = blockIdx.x, kv_head = blockIdx.y / chunks, chunk = blockIdx.y % chunks, row = blockIdx.z;
  int query_heads = kv_heads * chunks * GROUP;
  int head = (kv_head * chunks + chunk) * GROUP;
  int worker = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  bool reads = lane * 8 < HEAD_DIM;
  int length = lengths[row];
  int share = (length + splits - 1) / splits;
  int from = split * share, to = min(length, from + share);
  const int* table = pages + (long long)row * *pages_each;
  int stride = kv_heads * HEAD_DIM;
  int within = kv_head * HEAD_DIM + lane * 8;

#if EIGHT_KV
  float key_scale = scale * kv_scales[kv_head], value_scale = kv_scales[kv_heads + kv_head];
#else
  float key_scale = scale, value_scale = 1.f;
#endif

  float query[GROUP][8], sum[GROUP][8], largest[GROUP], weight[GROUP];
#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    largest[g] = NEGLIGIBLE;
    weight[g] = 0;
    uint4 raw = make_uint4(0, 0, 0, 0);
    if (reads) raw = *(const uint4*)(queries + ((long long)row * query_heads + head + g) * HEAD_DIM + lane * 8);
    unpacked(raw, query[g]);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      query[g][i] *= key_scale;
      sum[g][i] = 0;
    }
  }

  for (int token = from + worker; token - worker < to; token += AT_ONCE * WORKERS) {
    eight_kept key[AT_ONCE], value[AT_ONCE];
    bool valid[AT_ONCE];
#pragma unroll
    for (int u = 0; u < AT_ONCE; u++) {
      int t = token + u * WORKERS;
      valid[u] = t < to;
      key[u] = value[u] = eight_kept();
      if (valid[u] && reads) {
        long long at = ((long long)table[t / PAGE] * PAGE + t % PAGE) * stride + within;
        key[u] = *(const eight_kept*)(keys + at);
        value[u] = *(const eight_kept*)(values + at);
      }
    }
    float score[AT_ONCE][GROUP];
#pragma unroll
    for (int u = 0; u < AT_ONCE; u++) {
      float k[8];
      unpacked(key[u], k);
#pragma unroll
      for (int g = 0; g < GROUP; g++) {
        float dot = 0;
#pragma unroll
        for (int i = 0; i < 8; i++) dot = fmaf(query[g][i], k[i], dot);
#pragma unroll
        for (int step = LANES / 2; step > 0; step /= 2) dot += __shfl_xor_sync(FULL, dot, step);
        score[u][g] = valid[u] ? dot : NEGLIGIBLE;
      }
    }
#pragma unroll
    for (int g = 0; g < GROUP; g++) {
      float top = largest[g];
#pragma unroll
      for (int u = 0; u < AT_ONCE; u++) top = fmaxf(top, score[u][g]);
      float shrink = exp2f(largest[g] - top);
      largest[g] = top;
      weight[g] *= shrink;
#pragma unroll
      for (int i = 0; i < 8; i++) sum[g][i] *= shrink;
#pragma unroll
      for (int u = 0; u < AT_ONCE; u++) {
        score[u][g] = valid[u] ? exp2f(score[u][g] - top) : 0.f;
        weight[g] += score[u][g];
      }
    }
#pragma unroll
    for (int u = 0; u < AT_ONCE; u++) {
      float v[8];
      unpacked(value[u], v);
#pragma unroll
      for (int g = 0; g < GROUP; g++) {
#pragma unroll
        for (int i = 0; i < 8; i++) sum[g][i] = fmaf(score[u][g], v[i], sum[g][i]);
      }
    }
  }

#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    if (lane == 0) shared_marks[worker][g] = make_float2(largest[g], weight[g]);
    if (reads) {
#pragma unroll
      for (int i = 0; i < 8; i++) shared_sums[worker][g][lane * 8 + i] = sum[g][i];
    }
  }
  __syncthreads();
  for (int at = threadIdx.x; at < GROUP * HEAD_DIM; at += THREADS) {
    int g = at / HEAD_DIM, i = at % HEAD_DIM;
    float top = NEGLIGIBLE, total = 0, merged = 0;
    for (int w = 0; w < WORKERS; w++) top = fmaxf(top, shared_marks[w][g].x);
    for (int w = 0; w < WORKERS; w++) {
      float share_of = exp2f(shared_marks[w][g].x - top);
      total += shared_marks[w][g].y * share_of;
      merged += shared_sums[w][g][i] * share_of;
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
  for (int g = threadIdx.x / WARP; g < GROUP; g += THREADS / WARP) {
    int s = threadIdx.x % WARP;
    const float* mark = (const float*)(marks + ((long long)row * query_heads + head + g) * splits + s);
    float top = s < splits ? fresh(mark) : NEGLIGIBLE, weight_of = s < splits ? fresh(mark + 1) : 0.f;
    float largest_of_all = top;
    for (int step = WARP / 2; step > 0; step /= 2) {
      largest_of_all = fmaxf(largest_of_all, __shfl_xor_sync(FULL, largest_of_all, step));
    }
    float share_of = exp2f(top - largest_of_all);
    float total = warp_sum(weight_of * share_of);
    if (s < splits) shares[g][s] = total > 0 ? share_of / total : 0.f;
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
