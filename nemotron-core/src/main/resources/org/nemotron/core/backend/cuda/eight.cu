// Kernels of a step whose products or KV cache are e4m3. Compiled at run time (NVRTC) behind common.cu.
//
// Shape letters as in common.cu. A scale is what an e4m3 is multiplied by to be the number again: of a row of a product's input, or of
// a key/value head's keys or values.

#define MOST_EIGHT 448.f

__device__ __forceinline__ float scale_of(float most) { return fmaxf(most / MOST_EIGHT, 1e-12f); }

// The norm's threads hold so many pairs each; what is wider is read again.
#define NORM_PAIRS 8

// residual += delta + bias, then norm(residual) * weight as e4m3 with a scale of its own for each row; delta and bias may be absent.
// One block per row, width even. With columns, delta is still to be multiplied by the scales of its rows, as they were, and columns.
extern "C" __global__ void __launch_bounds__(512) add_norm_eight(float* residual, const bf16* delta, const bf16* bias, const bf16* weight,
                                                                 unsigned short* fp8, float* scales, const float* columns, int width,
                                                                 float eps) {
  await_previous();
  release_next();
  long long row = blockIdx.x;
  float row_scale = columns ? scales[row] : 1.f;
  int pairs = width / 2;
  float2* stream = (float2*)(residual + row * width);
  const unsigned* added = delta ? (const unsigned*)(delta + row * width) : 0;
  const unsigned* factors = (const unsigned*)weight;
  float2 held[NORM_PAIRS];
  float squares = 0;
#pragma unroll
  for (int h = 0; h < NORM_PAIRS; h++) {
    int i = threadIdx.x + h * blockDim.x;
    held[h] = make_float2(0.f, 0.f);
    if (i < pairs) {
      float2 value = stream[i];
      if (added) {
        value.x += scaled(low(added[i]), row_scale, columns, 2 * i);
        value.y += scaled(high(added[i]), row_scale, columns, 2 * i + 1);
      }
      if (bias) {
        value.x += widened(bias[2 * i]);
        value.y += widened(bias[2 * i + 1]);
      }
      if (added || bias) stream[i] = value;
      squares += value.x * value.x + value.y * value.y;
      held[h] = value;
    }
  }
  for (int i = threadIdx.x + NORM_PAIRS * blockDim.x; i < pairs; i += blockDim.x) {
    float2 value = stream[i];
    if (added) {
      value.x += scaled(low(added[i]), row_scale, columns, 2 * i);
      value.y += scaled(high(added[i]), row_scale, columns, 2 * i + 1);
    }
    if (bias) {
      value.x += widened(bias[2 * i]);
      value.y += widened(bias[2 * i + 1]);
    }
    if (added || bias) stream[i] = value;
    squares += value.x * value.x + value.y * value.y;
  }
  float factor = rsqrtf(block_sum(squares) / width + eps), most = 0;
#pragma unroll
  for (int h = 0; h < NORM_PAIRS; h++) {
    int i = threadIdx.x + h * blockDim.x;
    if (i < pairs) {
      held[h].x *= factor * low(factors[i]);
      held[h].y *= factor * high(factors[i]);
      most = fmaxf(most, fmaxf(fabsf(held[h].x), fabsf(held[h].y)));
    }
  }
  for (int i = threadIdx.x + NORM_PAIRS * blockDim.x; i < pairs; i += blockDim.x) {
    float2 value = stream[i];
    most = fmaxf(most, fmaxf(fabsf(value.x * factor * low(factors[i])), fabsf(value.y * factor * high(factors[i]))));
  }
  float scale = scale_of(block_most(most)), inverse = 1.f / scale;
  if (threadIdx.x == 0) scales[row] = scale;
  unsigned short* to = fp8 + row * pairs;
#pragma unroll
  for (int h = 0; h < NORM_PAIRS; h++) {
    int i = threadIdx.x + h * blockDim.x;
    if (i < pairs) to[i] = to_eight(held[h].x * inverse, held[h].y * inverse);
  }
  for (int i = threadIdx.x + NORM_PAIRS * blockDim.x; i < pairs; i += blockDim.x) {
    float2 value = stream[i];
    to[i] = to_eight(value.x * factor * low(factors[i]) * inverse, value.y * factor * high(factors[i]) * inverse);
  }
}

// The gate's threads hold so many vectors of eight each; what is wider is computed again.
#define GATE_VECTORS 8

__device__ __forceinline__ unsigned gated(unsigned gate, unsigned up, float row, float g0, float g1, float u0, float u1) {
  return packed(silu(low(gate) * row * g0) * (low(up) * row * u0), silu(high(gate) * row * g1) * (high(up) * row * u1));
}

// Channels i to i + 7, i a multiple of 8. Without columns, a row's factor is 1.
__device__ __forceinline__ uint4 gated(uint4 gate, uint4 up, float row, const float* of_gate, const float* of_up, int i) {
  float4 one = make_float4(1.f, 1.f, 1.f, 1.f);
  float4 g = of_gate ? *(const float4*)(of_gate + i) : one, h = of_gate ? *(const float4*)(of_gate + i + 4) : one;
  float4 u = of_gate ? *(const float4*)(of_up + i) : one, v = of_gate ? *(const float4*)(of_up + i + 4) : one;
  return make_uint4(gated(gate.x, up.x, row, g.x, g.y, u.x, u.y), gated(gate.y, up.y, row, g.z, g.w, u.z, u.w),
                    gated(gate.z, up.z, row, h.x, h.y, v.x, v.y), gated(gate.w, up.w, row, h.z, h.w, v.z, v.w));
}

__device__ __forceinline__ float most_of(unsigned pair) { return fmaxf(fabsf(low(pair)), fabsf(high(pair))); }

__device__ __forceinline__ float most_of(uint4 eight) {
  return fmaxf(fmaxf(most_of(eight.x), most_of(eight.y)), fmaxf(most_of(eight.z), most_of(eight.w)));
}

__device__ __forceinline__ unsigned four_eights(unsigned first, unsigned second, float inverse) {
  return (unsigned)to_eight(low(first) * inverse, high(first) * inverse) |
         (unsigned)to_eight(low(second) * inverse, high(second) * inverse) << 16;
}

__device__ __forceinline__ uint2 eights(uint4 from, float inverse) {
  return make_uint2(four_eights(from.x, from.y, inverse), four_eights(from.z, from.w, inverse));
}

// silu(gate) * up for joined [R, 2I], gate first, as bf16 and then as e4m3 with a scale for each row. One block per row, I a multiple of 8.
// With columns, joined is still to be multiplied by the scales of its rows, as they were, and columns.
extern "C" __global__ void __launch_bounds__(512) silu_times_eight(const bf16* joined, uint2* fp8, float* scales, const float* columns,
                                                                   int channels) {
  await_previous();
  release_next();
  long long row = blockIdx.x;
  int vectors = channels / 8;
  const uint4* gate = (const uint4*)(joined + row * 2 * channels);
  const uint4* up = gate + vectors;
  float row_scale = columns ? scales[row] : 1.f;
  const float *of_gate = columns, *of_up = columns ? columns + channels : 0;
  uint4 held[GATE_VECTORS];
  float most = 0;
#pragma unroll
  for (int h = 0; h < GATE_VECTORS; h++) {
    int i = threadIdx.x + h * blockDim.x;
    if (i < vectors) {
      held[h] = gated(gate[i], up[i], row_scale, of_gate, of_up, 8 * i);
      most = fmaxf(most, most_of(held[h]));
    }
  }
  for (int i = threadIdx.x + GATE_VECTORS * blockDim.x; i < vectors; i += blockDim.x) {
    most = fmaxf(most, most_of(gated(gate[i], up[i], row_scale, of_gate, of_up, 8 * i)));
  }
  float scale = scale_of(block_most(most)), inverse = 1.f / scale;
  if (threadIdx.x == 0) scales[row] = scale;
  uint2* to = fp8 + row * vectors;
#pragma unroll
  for (int h = 0; h < GATE_VECTORS; h++) {
    int i = threadIdx.x + h * blockDim.x;
    if (i < vectors) to[i] = eights(held[h], inverse);
  }
  for (int i = threadIdx.x + GATE_VECTORS * blockDim.x; i < vectors; i += blockDim.x) {
    to[i] = eights(gated(gate[i], up[i], row_scale, of_gate, of_up, 8 * i), inverse);
  }
}

// As place_heads, for pages of e4m3. kv_scales [2K]: of the heads' keys, then of their values; saturated counts what is larger than an
// e4m3 can be.
extern "C" __global__ void place_heads_eight(const bf16* joined, const bf16* bias, const bf16* query_norm, const bf16* key_norm,
                                             const float* rotary_table, const int* positions, const long long* slots, bf16* queries,
                                             unsigned char* keys, unsigned char* values, const float* kv_scales, unsigned* saturated,
                                             const float* row_scales, const float* columns, int query_heads, int kv_heads, int head_dim, float eps) {
  await_previous();
  release_next();
  int head = blockIdx.y * (blockDim.x / WARP) + threadIdx.x / WARP;
  int row = blockIdx.x;
  if (head >= query_heads + 2 * kv_heads) return;
  bool is_query = head < query_heads, is_key = !is_query && head < query_heads + kv_heads;
  const bf16* from = joined + ((long long)row * (query_heads + 2 * kv_heads) + head) * head_dim;
  const float* rotary = rotary_table + (long long)positions[row] * head_dim;
  float row_scale = columns ? row_scales[row] : 1.f;
  const float* of_head = columns ? columns + head * head_dim : 0;
  if (is_query) {
    bf16* to = queries + ((long long)row * query_heads + head) * head_dim;
    place_head(from, row_scale, of_head, bias ? bias + head * head_dim : 0, query_norm, rotary, head_dim, eps, [&](int i, float value) { to[i] = rounded(value); });
    return;
  }
  int kv_head = is_key ? head - query_heads : head - query_heads - kv_heads;
  unsigned char* to = (is_key ? keys : values) + (slots[row] * kv_heads + kv_head) * head_dim;
  float inverse = 1.f / kv_scales[is_key ? kv_head : kv_heads + kv_head];
  place_head(from, row_scale, of_head, bias ? bias + head * head_dim : 0, is_key ? key_norm : 0, is_key ? rotary : 0, head_dim, eps, [&](int i, float value) {
    float scaled = value * inverse;
    if (fabsf(scaled) > MOST_EIGHT) atomicAdd(saturated, 1u);
    to[i] = (unsigned char)to_eight(scaled, 0.f);
  });
}

__device__ __forceinline__ unsigned widened_pair(unsigned pair, float scale) {
  float2 value = from_eight(pair & 0xffffu);
  return packed(value.x * scale, value.y * scale);
}

__device__ __forceinline__ uint4 widened_eight(uint2 from, float scale) {
  return make_uint4(widened_pair(from.x, scale), widened_pair(from.x >> 16, scale), widened_pair(from.y, scale),
                    widened_pair(from.y >> 16, scale));
}

// As gather, from pages of e4m3 to bf16.
extern "C" __global__ void gather_eight(const long long* slots, const unsigned char* keys, const unsigned char* values, bf16* to_keys,
                                        bf16* to_values, int stride, const float* kv_scales, int head_dim) {
  await_previous();
  release_next();
  const uint2* k = (const uint2*)(keys + slots[blockIdx.x] * stride);
  const uint2* v = (const uint2*)(values + slots[blockIdx.x] * stride);
  uint4* tk = (uint4*)(to_keys + (long long)blockIdx.x * stride);
  uint4* tv = (uint4*)(to_values + (long long)blockIdx.x * stride);
  int kv_heads = stride / head_dim;
  for (int i = threadIdx.x; i < stride / 8; i += blockDim.x) {
    int head = 8 * i / head_dim;
    tk[i] = widened_eight(k[i], kv_scales[head]);
    tv[i] = widened_eight(v[i], kv_scales[kv_heads + head]);
  }
}

// logits[row][i] *= rows[row] * columns[i]. Grid (any, rows of logits): a block takes 4 * blockDim.x columns.
extern "C" __global__ void scale_logits(float* logits, const float* rows, const float* columns, int width) {
  await_previous();
  release_next();
  float row_scale = rows[blockIdx.y];
  float* row = logits + (long long)blockIdx.y * width;
  int begin = blockIdx.x * 4 * blockDim.x, end = begin + 4 * blockDim.x;
  if (end > width) end = width;
  for (int i = begin + threadIdx.x; i < end; i += blockDim.x) row[i] *= row_scale * columns[i];
}
