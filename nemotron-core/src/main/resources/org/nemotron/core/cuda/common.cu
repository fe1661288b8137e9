// Kernels of a step on a GPU, beside matrix products and attention. Compiled at run time (NVRTC), without any header.
//
// Shape letters: R = rows of a step, D = model width, N = query heads, K = key/value heads, H = head size,
// I = intermediate channels, V = vocabulary, P = positions. bf16 values travel as unsigned short.
// The residual stream is float32; what products read and write is bf16; sums are float32.

typedef unsigned short bf16;

#define WARP 32
#define FULL 0xffffffffu

// A kernel may start before the one ahead of it in the stream has ended; nothing of that one may be touched earlier.
__device__ __forceinline__ void await_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

__device__ __forceinline__ void release_next() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

__device__ __forceinline__ float widened(bf16 value) { return __uint_as_float((unsigned)value << 16); }
__device__ __forceinline__ float low(unsigned pair) { return __uint_as_float(pair << 16); }
__device__ __forceinline__ float high(unsigned pair) { return __uint_as_float(pair & 0xffff0000u); }

__device__ __forceinline__ unsigned packed(float first, float second) {
  unsigned pair;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  return pair;
}

__device__ __forceinline__ bf16 rounded(float value) { return (bf16)packed(value, 0.f); }

__device__ __forceinline__ float warp_sum(float value) {
#pragma unroll
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(FULL, value, step);
  return value;
}

// The sum over a block of at most 1024 threads, in every thread.
__device__ __forceinline__ float block_sum(float value) {
  __shared__ float sums[WARP];
  int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, warps = blockDim.x / WARP;
  value = warp_sum(value);
  __syncthreads();
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  return warp_sum(lane < warps ? sums[lane] : 0.f);
}

// The largest over a block of at most 1024 threads, of numbers that are not negative, in every thread.
__device__ __forceinline__ float block_most(float value) {
  __shared__ float most[WARP];
  int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP, warps = blockDim.x / WARP;
  for (int step = WARP / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(FULL, value, step));
  if (lane == 0) most[warp] = value;
  __syncthreads();
  value = lane < warps ? most[lane] : 0.f;
  for (int step = WARP / 2; step > 0; step /= 2) value = fmaxf(value, __shfl_xor_sync(FULL, value, step));
  return value;
}

// Unsigned integers in the order of the floats.
__device__ __forceinline__ unsigned key_of(float value) {
  unsigned bits = __float_as_uint(value);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

#define NOT_A_NUMBER 0xffffffffffffffffull

// The rank of a token: larger logits first, equal ones in order of their ids; first of all what is not a number.
__device__ __forceinline__ unsigned long long rank_of(float logit, int token) {
  return logit == logit ? ((unsigned long long)key_of(logit) << 32) | (unsigned)~token : NOT_A_NUMBER;
}

__device__ __forceinline__ float silu(float x) { return x / (1.f + __expf(-x)); }

// residual[r] = table[tokens[r]], and zeros in `cleared`; one block per row.
extern "C" __global__ void embed(const int* tokens, const bf16* table, float* residual, int width, unsigned* cleared, int count) {
  await_previous();
  release_next();
  for (int i = threadIdx.x; blockIdx.x == 0 && i < count; i += blockDim.x) cleared[i] = 0;
  const bf16* from = table + (long long)tokens[blockIdx.x] * width;
  float* to = residual + (long long)blockIdx.x * width;
  for (int i = threadIdx.x; i < width; i += blockDim.x) to[i] = widened(from[i]);
}

// What a product left, times the scales of its row and column; without columns it has them already.
__device__ __forceinline__ float scaled(float value, float row, const float* columns, int i) {
  return columns ? value * row * columns[i] : value;
}

// residual += delta + bias, then out = norm(residual) * weight; delta and bias may be absent. One block per row, width even. With
// columns, delta is still to be multiplied by the scales of its rows and columns.
// With rows, out[i] is made from row rows[i], and the residual stays.
extern "C" __global__ void add_norm(float* residual, const bf16* delta, const bf16* bias, const bf16* weight, bf16* out,
                                    const int* rows, const float* row_scales, const float* columns, int width, float eps) {
  await_previous();
  release_next();
  long long row = rows ? rows[blockIdx.x] : blockIdx.x;
  float row_scale = columns ? row_scales[row] : 1.f;
  float2* stream = (float2*)(residual + row * width);
  const unsigned* added = delta ? (const unsigned*)(delta + row * width) : 0;
  float squares = 0;
  for (int i = threadIdx.x; i < width / 2; i += blockDim.x) {
    float2 value = stream[i];
    if (added) {
      value.x += scaled(low(added[i]), row_scale, columns, 2 * i);
      value.y += scaled(high(added[i]), row_scale, columns, 2 * i + 1);
    }
    if (bias) {
      value.x += widened(bias[2 * i]);
      value.y += widened(bias[2 * i + 1]);
    }
    if (!rows && (added || bias)) stream[i] = value;
    squares += value.x * value.x + value.y * value.y;
  }
  float scale = rsqrtf(block_sum(squares) / width + eps);
  unsigned* to = (unsigned*)(out + (long long)blockIdx.x * width);
  for (int i = threadIdx.x; i < width / 2; i += blockDim.x) {
    float2 value = stream[i];
    if (rows && added) {
      value.x += scaled(low(added[i]), row_scale, columns, 2 * i);
      value.y += scaled(high(added[i]), row_scale, columns, 2 * i + 1);
    }
    if (rows && bias) {
      value.x += widened(bias[2 * i]);
      value.y += widened(bias[2 * i + 1]);
    }
    to[i] = packed(value.x * scale * widened(weight[2 * i]), value.y * scale * widened(weight[2 * i + 1]));
  }
}

__device__ __forceinline__ float fresh_half(const bf16* from) {
  unsigned short value;
  asm volatile("ld.global.cg.u16 %0, [%1];" : "=h"(value) : "l"(from));
  return widened(value);
}

// A warp makes one head of a joined projection: adds the bias, normalizes and rotates it; put(i, value) takes element i. What is
// absent is left out. rotary is [H]: cosines, then sines. With columns, the head is still to be multiplied by its scales.
template <class Put>
__device__ __forceinline__ void place_head(const bf16* from, float row_scale, const float* columns, const bf16* bias, const bf16* norm,
                                           const float* rotary, int head_dim, float eps, Put put) {
  int lane = threadIdx.x % WARP, half = head_dim / 2;
  float scale = 1.f;
  if (norm) {
    float squares = 0;
    for (int i = lane; i < head_dim; i += WARP) {
      float value = scaled(fresh_half(from + i), row_scale, columns, i) + (bias ? widened(bias[i]) : 0.f);
      squares += value * value;
    }
    scale = rsqrtf(warp_sum(squares) / head_dim + eps);
  }
  for (int i = lane; i < half; i += WARP) {
    float first = scaled(fresh_half(from + i), row_scale, columns, i) + (bias ? widened(bias[i]) : 0.f);
    float second = scaled(fresh_half(from + i + half), row_scale, columns, i + half) + (bias ? widened(bias[i + half]) : 0.f);
    if (norm) {
      first *= scale * widened(norm[i]);
      second *= scale * widened(norm[i + half]);
    }
    if (rotary) {
      float cosine = rotary[i], sine = rotary[i + half];
      float turned = first * cosine - second * sine;
      second = second * cosine + first * sine;
      first = turned;
    }
    put(i, first);
    put(i + half, second);
  }
}

// Splits joined projections [R, (N + 2K) * H] into heads, and puts keys and values where the pages are. A warp per head; grid
// (R, heads / warps). rotary_table is [P, H].
extern "C" __global__ void place_heads(const bf16* joined, const bf16* bias, const bf16* query_norm, const bf16* key_norm,
                                       const float* rotary_table, const int* positions, const long long* slots, bf16* queries,
                                       bf16* keys, bf16* values, const float* row_scales, const float* columns, int query_heads,
                                       int kv_heads, int head_dim, float eps) {
  await_previous();
  release_next();
  int head = blockIdx.y * (blockDim.x / WARP) + threadIdx.x / WARP;
  int row = blockIdx.x;
  if (head >= query_heads + 2 * kv_heads) return;
  bool is_query = head < query_heads, is_key = !is_query && head < query_heads + kv_heads;
  long long token = slots[row] * kv_heads * head_dim;
  bf16* to = is_query ? queries + ((long long)row * query_heads + head) * head_dim
             : is_key ? keys + token + (head - query_heads) * head_dim
                      : values + token + (head - query_heads - kv_heads) * head_dim;
  const float* rotary = rotary_table + (long long)positions[row] * head_dim;
  place_head(joined + ((long long)row * (query_heads + 2 * kv_heads) + head) * head_dim, columns ? row_scales[row] : 1.f,
             columns ? columns + head * head_dim : 0, bias ? bias + head * head_dim : 0,
             is_query ? query_norm : is_key ? key_norm : 0, is_query || is_key ? rotary : 0, head_dim, eps,
             [&](int i, float value) { to[i] = rounded(value); });
}

// out = silu(gate) * up for joined [R, 2I], gate first; grid (columns, R), I even.
extern "C" __global__ void silu_times(const bf16* joined, bf16* out, const float* row_scales, const float* columns, int channels) {
  await_previous();
  release_next();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= channels / 2) return;
  const unsigned* gate = (const unsigned*)(joined + (long long)blockIdx.y * 2 * channels);
  const unsigned* up = gate + channels / 2;
  float row = columns ? row_scales[blockIdx.y] : 1.f;
  float g0 = scaled(low(gate[i]), row, columns, 2 * i), g1 = scaled(high(gate[i]), row, columns, 2 * i + 1);
  float u0 = scaled(low(up[i]), row, columns, channels + 2 * i), u1 = scaled(high(up[i]), row, columns, channels + 2 * i + 1);
  ((unsigned*)(out + (long long)blockIdx.y * channels))[i] = packed(silu(g0) * u0, silu(g1) * u1);
}

// Two e4m3, the first in the low byte.
__device__ __forceinline__ unsigned short to_eight(float first, float second) {
  unsigned short pair = 0;
#if __CUDA_ARCH__ >= 890
  asm("cvt.rn.satfinite.e4m3x2.f32 %0, %1, %2;" : "=h"(pair) : "f"(second), "f"(first));
#endif
  return pair;
}

// Two e4m3 as floats.
__device__ __forceinline__ float2 from_eight(unsigned pair) {
  float2 value = make_float2(0, 0);
#if __CUDA_ARCH__ >= 890
  asm("{ .reg .b16 p, l, h; .reg .b32 b; cvt.u16.u32 p, %2; cvt.rn.f16x2.e4m3x2 b, p; mov.b32 {l, h}, b;"
      " cvt.f32.f16 %0, l; cvt.f32.f16 %1, h; }"
      : "=f"(value.x), "=f"(value.y)
      : "r"(pair));
#endif
  return value;
}

// Eight keys or values as floats.
__device__ __forceinline__ void unpacked(uint4 from, float* to) {
  to[0] = low(from.x);
  to[1] = high(from.x);
  to[2] = low(from.y);
  to[3] = high(from.y);
  to[4] = low(from.z);
  to[5] = high(from.z);
  to[6] = low(from.w);
  to[7] = high(from.w);
}

__device__ __forceinline__ void unpacked(uint2 from, float* to) {
  float2 a = from_eight(from.x & 0xffffu), b = from_eight(from.x >> 16), c = from_eight(from.y & 0xffffu), d = from_eight(from.y >> 16);
  to[0] = a.x;
  to[1] = a.y;
  to[2] = b.x;
  to[3] = b.y;
  to[4] = c.x;
  to[5] = c.y;
  to[6] = d.x;
  to[7] = d.y;
}

// Rows of bf16, stride apart, as e4m3 with a scale of their own; one block per row, width and stride even.
extern "C" __global__ void to_fp8(const bf16* rows, unsigned short* fp8, float* scales, int width, int stride) {
  await_previous();
  release_next();
  const unsigned* from = (const unsigned*)(rows + (long long)blockIdx.x * stride);
  unsigned short* to = fp8 + (long long)blockIdx.x * width / 2;
  float largest = 0;
  for (int i = threadIdx.x; i < width / 2; i += blockDim.x) {
    largest = fmaxf(largest, fmaxf(fabsf(low(from[i])), fabsf(high(from[i]))));
  }
  float scale = fmaxf(block_most(largest) / 448.f, 1e-12f), inverse = 1.f / scale;
  if (threadIdx.x == 0) scales[blockIdx.x] = scale;
  for (int i = threadIdx.x; i < width / 2; i += blockDim.x) to[i] = to_eight(low(from[i]) * inverse, high(from[i]) * inverse);
}

// Copies tokens out of their pages: keys and values [tokens, K * H]; one block per token, K * H a multiple of 8.
extern "C" __global__ void gather(const long long* slots, const bf16* keys, const bf16* values, bf16* to_keys, bf16* to_values,
                                  int stride) {
  await_previous();
  release_next();
  const uint4* k = (const uint4*)(keys + slots[blockIdx.x] * stride);
  const uint4* v = (const uint4*)(values + slots[blockIdx.x] * stride);
  uint4* tk = (uint4*)(to_keys + (long long)blockIdx.x * stride);
  uint4* tv = (uint4*)(to_values + (long long)blockIdx.x * stride);
  for (int i = threadIdx.x; i < stride / 8; i += blockDim.x) {
    tk[i] = k[i];
    tv[i] = v[i];
  }
}
