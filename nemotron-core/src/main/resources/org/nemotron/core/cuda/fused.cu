// Kernels of whole sequences on a GPU (forward passes without gradients), beside LibTorch's. Compiled at run time (NVRTC) behind common.cu.
//
// Shape letters: C = tokens, N = heads, H = head size, P = positions, V = vocabulary. What bf16 operations round, these round too; sums are float32.

// The running logsumexp of a row and its largest element, the first where there are several.
struct Best {
  float most, sum;
  int index;
};

__device__ __forceinline__ Best merged(Best a, Best b) {
  float most = fmaxf(a.most, b.most);
  Best both;
  both.most = most;
  both.sum = (a.sum > 0.f ? a.sum * __expf(a.most - most) : 0.f) + (b.sum > 0.f ? b.sum * __expf(b.most - most) : 0.f);
  both.index = b.most > a.most || (b.most == a.most && b.index < a.index) ? b.index : a.index;
  return both;
}


__device__ __forceinline__ void accumulate(const float* p, const float* q, int count, int first, float normalizer, Best& best,
                                           float& mass, float& gap) {
  float most = q[0];
  int at = 0;
#pragma unroll
  for (int i = 1; i < 8; i++)
    if (i < count && q[i] > most) {
      most = q[i];
      at = i;
    }
  if (most > best.most) {
    best.sum *= __expf(best.most - most);
    best.most = most;
    best.index = first + at;
  }
#pragma unroll
  for (int i = 0; i < 8; i++)
    if (i < count) {
      best.sum += __expf(q[i] - best.most);
      float parentLog = p[i] - normalizer;
      float probability = __expf(parentLog);
      mass += probability;
      gap += probability * (parentLog - q[i]);
    }
}

// results[0][c] = KL(parent || child), results[1][c] = loss, results[2][c] = whether the likeliest token is the target.
// With n the child's logsumexp: sum of p (log p - (q - n)) = sum of p (log p - q) + n * sum of p. One block per row.
extern "C" __global__ void compare(const bf16* parent, const float* normalizers, const bf16* child, const long long* targets,
                                   float* results, int vocabulary) {
  await_previous();
  release_next();
  long long row = blockIdx.x, begin = row * vocabulary;
  float normalizer = normalizers[row], mass = 0.f, gap = 0.f;
  Best best = {-__int_as_float(0x7f800000), 0.f, 0x7fffffff};
  if (vocabulary % 8 == 0) {
    const uint4* parents = (const uint4*)(parent + begin);
    const uint4* children = (const uint4*)(child + begin);
    for (int i = threadIdx.x; i < vocabulary / 8; i += blockDim.x) {
      uint4 a = parents[i], b = children[i];
      float p[8] = {low(a.x), high(a.x), low(a.y), high(a.y), low(a.z), high(a.z), low(a.w), high(a.w)};
      float q[8] = {low(b.x), high(b.x), low(b.y), high(b.y), low(b.z), high(b.z), low(b.w), high(b.w)};
      accumulate(p, q, 8, 8 * i, normalizer, best, mass, gap);
    }
  } else {
    for (int i = threadIdx.x; i < vocabulary; i += blockDim.x) {
      float p[8] = {widened(parent[begin + i])}, q[8] = {widened(child[begin + i])};
      accumulate(p, q, 1, i, normalizer, best, mass, gap);
    }
  }
  mass = block_sum(mass);
  gap = block_sum(gap);
#pragma unroll
  for (int step = WARP / 2; step > 0; step /= 2) {
    Best other = {__shfl_xor_sync(FULL, best.most, step), __shfl_xor_sync(FULL, best.sum, step),
                  __shfl_xor_sync(FULL, best.index, step)};
    best = merged(best, other);
  }
  __shared__ Best bests[WARP];
  if (threadIdx.x % WARP == 0) bests[threadIdx.x / WARP] = best;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (int warp = 1; warp < blockDim.x / WARP; warp++) best = merged(best, bests[warp]);
    float childNormalizer = best.most + __logf(best.sum);
    long long target = targets[row];
    results[row] = gap + childNormalizer * mass;
    results[gridDim.x + row] = childNormalizer - widened(child[begin + target]);
    results[2 * gridDim.x + row] = best.index == target ? 1.f : 0.f;
  }
}

// gates[i] = silu(gates[i]) * ups[i]; a thread does eight neighbors.
extern "C" __global__ void gate(uint4* gates, const uint4* ups, int eighths) {
  await_previous();
  release_next();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= eighths) return;
  uint4 a = gates[i], b = ups[i];
  unsigned* gated = (unsigned*)&a;
  const unsigned* up = (const unsigned*)&b;
#pragma unroll
  for (int pair = 0; pair < 4; pair++) {
    unsigned active = packed(silu(low(gated[pair])), silu(high(gated[pair])));
    gated[pair] = packed(low(active) * low(up[pair]), high(active) * high(up[pair]));
  }
  gates[i] = a;
}

// Eight elements of a head, turned with the eight that they are paired with: x * cos, rounded, plus other * sin.
__device__ __forceinline__ uint4 turned(uint4 x, uint4 other, uint4 cosine, uint4 sine) {
  uint4 result;
  const unsigned *a = (const unsigned*)&x, *b = (const unsigned*)&other, *c = (const unsigned*)&cosine, *s = (const unsigned*)&sine;
#pragma unroll
  for (int pair = 0; pair < 4; pair++) {
    unsigned first = packed(low(a[pair]) * low(c[pair]), high(a[pair]) * high(c[pair]));
    ((unsigned*)&result)[pair] =
        packed(low(first) + low(b[pair]) * low(s[pair]), high(first) + high(b[pair]) * high(s[pair]));
  }
  return result;
}

// Rotary positions. heads and result: [C, N, H], the tokens of sequences of `tokens` each; tables: [P, H] from the first
// position on, the first half of the sines negated. A thread does eight elements of a head's first half and their pairs.
extern "C" __global__ void rotate(const uint4* heads, uint4* result, const uint4* cosines, const uint4* sines, int tokens,
                                int headCount, int headEighths, int pieces) {
  await_previous();
  release_next();
  int piece = blockIdx.x * blockDim.x + threadIdx.x;
  if (piece >= pieces) return;
  int half = headEighths / 2, j = piece % half, head = piece / half;
  int position = head / headCount % tokens;
  long long at = (long long)head * headEighths + j;
  int table = position * headEighths + j;
  uint4 first = heads[at], second = heads[at + half];
  result[at] = turned(first, second, cosines[table], sines[table]);
  result[at + half] = turned(second, first, cosines[table + half], sines[table + half]);
}

// 64 well mixed bits of a counter (the finalizer of SplitMix64).
__device__ __forceinline__ unsigned long long mixed(unsigned long long z) {
  z += 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// value / most, in [0, 1], as (code / levels)^power, power 2 or 4: up or down by chance, so that the mean is value / most.
__device__ __forceinline__ int coded(float value, float most, float levels, bool fourth, unsigned chance) {
  if (most <= 0.f) return 0;
  float share = fminf(value / most, 1.f), root = sqrtf(share);
  if (fourth) root = sqrtf(root);
  float below = fminf(floorf(root * levels), levels - 1.f);
  float a = below / levels, b = (below + 1.f) / levels;
  float low = a * a, high = b * b;
  if (fourth) {
    low *= low;
    high *= high;
  }
  return (int)below + ((share - low) / (high - low) > chance * (1.f / 16777216.f) ? 1 : 0);
}

// A step of AdamW with moments of 8 bits. A warp does 256 neighbors, a block of the moments: 64 words with four means each (sign and
// code of 7 bits), 64 with four squares, and in scales the largest of either. norms: of these gradients, and the least to clip by.
extern "C" __global__ void adamw8(bf16* weights, const bf16* gradients, unsigned* moments, float* scales, const float* norms, float clip,
                                  float rate, float decay, float beta1, float beta2, float most1, float correction1, float correction2,
                                  int seed, int step, int count, int firstGroup) {
  await_previous();
  release_next();
  int group = (blockIdx.x * blockDim.x + threadIdx.x) / WARP, lane = threadIdx.x % WARP;
  long long begin = (long long)group * 256 + lane * 8;
  float norm = norms[0];
  if ((long long)group * 256 >= count || !(norm < __int_as_float(0x7f800000))) return;
  float scale = fminf(1.f, clip / fmaxf(fmaxf(norm, norms[1]), 1e-30f));
  unsigned* words = moments + (long long)group * 128 + lane * 2;
  unsigned means[2] = {words[0], words[1]}, squares[2] = {words[64], words[65]};
  float meanMost = scales[2 * group], squareMost = scales[2 * group + 1], mean[8], square[8];
  float newMeanMost = 0.f, newSquareMost = 0.f;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    unsigned meanCode = means[i / 4] >> (8 * (i % 4)) & 0xff, squareCode = squares[i / 4] >> (8 * (i % 4)) & 0xff;
    float root = (meanCode & 0x7f) / 127.f, fourth = squareCode / 255.f;
    mean[i] = (meanCode & 0x80 ? -root : root) * root * meanMost;
    fourth *= fourth;
    square[i] = fourth * fourth * squareMost;
    float gradient = begin + i < count ? widened(gradients[begin + i]) * scale : 0.f;
    mean[i] = beta1 * mean[i] + (1.f - beta1) * gradient;
    square[i] = beta2 * square[i] + (1.f - beta2) * gradient * gradient;
    newMeanMost = fmaxf(newMeanMost, fabsf(mean[i]));
    newSquareMost = fmaxf(newSquareMost, square[i]);
  }
#pragma unroll
  for (int other = WARP / 2; other > 0; other /= 2) {
    newMeanMost = fmaxf(newMeanMost, __shfl_xor_sync(FULL, newMeanMost, other));
    newSquareMost = fmaxf(newSquareMost, __shfl_xor_sync(FULL, newSquareMost, other));
  }
  means[0] = means[1] = squares[0] = squares[1] = 0;
  unsigned long long key = (unsigned long long)(unsigned)seed << 32 | (unsigned)step;
  key = mixed(key);
#pragma unroll
  for (int i = 0; i < 8; i++) {
    unsigned long long random = mixed(key + (unsigned long long)((long long)firstGroup * 256 + begin + i));
    unsigned meanCode = coded(fabsf(mean[i]), newMeanMost, 127.f, false, (unsigned)(random >> 16) & 0xffffff);
    unsigned squareCode = coded(square[i], newSquareMost, 255.f, true, (unsigned)(random >> 40));
    means[i / 4] |= (meanCode | (mean[i] < 0.f ? 0x80u : 0u)) << (8 * (i % 4));
    squares[i / 4] |= squareCode << (8 * (i % 4));
    if (begin + i < count) {
      float change = mean[i] * correction1 / (sqrtf(square[i] * correction2) + 1e-8f);
      change = fminf(fmaxf(change, -most1), most1);
      float weight = widened(weights[begin + i]);
      unsigned bits = __float_as_uint(weight - rate * (change + decay * weight));
      weights[begin + i] = (bf16)(bits + (unsigned)(random & 0xffff) >> 16);
    }
  }
  words[0] = means[0];
  words[1] = means[1];
  words[64] = squares[0];
  words[65] = squares[1];
  if (lane == 0) {
    scales[2 * group] = newMeanMost;
    scales[2 * group + 1] = newSquareMost;
  }
}

// A running logsumexp: the largest so far, and the sum of exp(x - largest).
struct Soft {
  float most, sum;
};

__device__ __forceinline__ Soft joined(Soft a, Soft b) {
  float most = fmaxf(a.most, b.most);
  Soft both = {most, 0.f};
  if (a.sum > 0.f) both.sum += a.sum * __expf(a.most - most);
  if (b.sum > 0.f) both.sum += b.sum * __expf(b.most - most);
  return both;
}

__device__ __forceinline__ void take(Soft& soft, const float* x, int count) {
  float most = soft.most;
#pragma unroll
  for (int i = 0; i < 8; i++)
    if (i < count) most = fmaxf(most, x[i]);
  if (most > soft.most) {
    soft.sum = soft.sum > 0.f ? soft.sum * __expf(soft.most - most) : 0.f;
    soft.most = most;
  }
#pragma unroll
  for (int i = 0; i < 8; i++)
    if (i < count) soft.sum += __expf(x[i] - soft.most);
}

// The logsumexp of a block's parts, in every thread.
__device__ __forceinline__ float block_logsumexp(Soft soft) {
  __shared__ Soft softs[WARP];
#pragma unroll
  for (int step = WARP / 2; step > 0; step /= 2) {
    Soft other = {__shfl_xor_sync(FULL, soft.most, step), __shfl_xor_sync(FULL, soft.sum, step)};
    soft = joined(soft, other);
  }
  __syncthreads();
  if (threadIdx.x % WARP == 0) softs[threadIdx.x / WARP] = soft;
  __syncthreads();
  soft = softs[0];
  for (int warp = 1; warp < blockDim.x / WARP; warp++) soft = joined(soft, softs[warp]);
  return soft.most + __logf(soft.sum);
}

// divergences[c] = scale * KL(parent || child) of a row of logits; child becomes scale * its gradient: scale * (q - p). One block per row.
extern "C" __global__ void kl_gradient(const bf16* parent, bf16* child, float* divergences, float scale, int vocabulary) {
  await_previous();
  release_next();
  long long begin = (long long)blockIdx.x * vocabulary;
  const bf16* parents = parent + begin;
  bf16* children = child + begin;
  bool wide = vocabulary % 8 == 0;
  int pieces = wide ? vocabulary / 8 : vocabulary;
  Soft ofParent = {-__int_as_float(0x7f800000), 0.f}, ofChild = ofParent;
  float p[8], q[8];
  for (int i = threadIdx.x; i < pieces; i += blockDim.x) {
    if (wide) {
      unpacked(((const uint4*)parents)[i], p);
      unpacked(((const uint4*)children)[i], q);
    } else {
      p[0] = widened(parents[i]);
      q[0] = widened(children[i]);
    }
    take(ofParent, p, wide ? 8 : 1);
    take(ofChild, q, wide ? 8 : 1);
  }
  float parentNormalizer = block_logsumexp(ofParent), childNormalizer = block_logsumexp(ofChild), sum = 0.f;
  for (int i = threadIdx.x; i < pieces; i += blockDim.x) {
    if (wide) {
      unpacked(((const uint4*)parents)[i], p);
      unpacked(((const uint4*)children)[i], q);
    } else {
      p[0] = widened(parents[i]);
      q[0] = widened(children[i]);
    }
#pragma unroll
    for (int k = 0; k < 8; k++)
      if (wide || k == 0) {
        float parentLog = p[k] - parentNormalizer, childLog = q[k] - childNormalizer, probability = __expf(parentLog);
        sum += probability * (parentLog - childLog);
        q[k] = scale * (__expf(childLog) - probability);
      }
    if (wide) {
      uint4 packs = {packed(q[0], q[1]), packed(q[2], q[3]), packed(q[4], q[5]), packed(q[6], q[7])};
      ((uint4*)children)[i] = packs;
    } else {
      children[i] = rounded(q[0]);
    }
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) divergences[blockIdx.x] = scale * sum;
}

// distances[r] = scale * (1 - cos) of a row of each; gradients: of the child's. One block per row.
extern "C" __global__ void cosine_gradient(const bf16* parent, const bf16* child, bf16* gradients, float* distances, float scale, float eps,
                                           int width) {
  await_previous();
  release_next();
  long long begin = (long long)blockIdx.x * width;
  float product = 0.f, parentSquare = 0.f, childSquare = 0.f;
  for (int i = threadIdx.x; i < width; i += blockDim.x) {
    float p = widened(parent[begin + i]), c = widened(child[begin + i]);
    product += p * c;
    parentSquare += p * p;
    childSquare += c * c;
  }
  product = block_sum(product);
  parentSquare = block_sum(parentSquare);
  childSquare = block_sum(childSquare);
  float inverse = 1.f / fmaxf(sqrtf(parentSquare) * sqrtf(childSquare), eps), cosine = product * inverse;
  float along = cosine / fmaxf(childSquare, eps * eps);
  for (int i = threadIdx.x; i < width; i += blockDim.x)
    gradients[begin + i] = rounded(-scale * (widened(parent[begin + i]) * inverse - along * widened(child[begin + i])));
  if (threadIdx.x == 0) distances[blockIdx.x] = scale * (1.f - cosine);
}
