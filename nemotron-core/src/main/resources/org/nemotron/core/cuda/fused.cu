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
