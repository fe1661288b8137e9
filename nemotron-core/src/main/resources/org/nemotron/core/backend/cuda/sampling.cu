// The choice of a token from a row of logits: top-k, top-p and min-p at a temperature, then a draw, as the runtime's sampler
// does it. Filters keep the head of the tokens in order of their logits, equal ones in order of their ids; the draw walks the
// kept tokens in order of their ids. Weights are fixed-point integers, so that sums do not depend on the order of additions.

typedef unsigned long long u64;

struct Choice {
  float inverse_temperature; // 0: the likeliest token
  float top_p;
  float min_p;
  int top_k;
  double share;
};

#define THREADS 1024

__device__ __forceinline__ u64 weight_of(float logit, float top, float inverse_temperature) {
  return (u64)(exp2f((logit - top) * inverse_temperature * 1.44269504f) * 4294967296.f);
}

__device__ __forceinline__ u64 block_sum_of(u64 value) {
  __shared__ u64 sums[WARP];
  int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
#pragma unroll
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(FULL, value, step);
  __syncthreads();
  if (lane == 0) sums[warp] = value;
  __syncthreads();
  value = sums[lane];
#pragma unroll
  for (int step = WARP / 2; step > 0; step /= 2) value += __shfl_xor_sync(FULL, value, step);
  return value;
}

// Exclusive prefix sums over the block; the total comes back through total.
__device__ u64 block_prefix(u64 value, u64* total) {
  __shared__ u64 sums[WARP];
  int warp = threadIdx.x / WARP, lane = threadIdx.x % WARP;
  u64 inclusive = value;
  for (int step = 1; step < WARP; step *= 2) {
    u64 other = __shfl_up_sync(FULL, inclusive, step);
    if (lane >= step) inclusive += other;
  }
  __syncthreads();
  if (lane == WARP - 1) sums[warp] = inclusive;
  __syncthreads();
  u64 before = 0, all = 0;
  for (int w = 0; w < WARP; w++) {
    if (w < warp) before += sums[w];
    all += sums[w];
  }
  *total = all;
  return before + inclusive - value;
}

// The largest key such that what is kept with this key or a larger one weighs at least goal; above is the weight of the larger ones.
__device__ unsigned key_at(const float* logits, int vocabulary, unsigned least, float top, float inverse_temperature, bool counts,
                           u64 goal, u64* above) {
  __shared__ u64 bins[256];
  __shared__ unsigned found;
  __shared__ u64 passed;
  unsigned prefix = 0, mask = 0;
  u64 over = 0;
  for (int shift = 24; shift >= 0; shift -= 8) {
    for (int i = threadIdx.x; i < 256; i += THREADS) bins[i] = 0;
    __syncthreads();
    for (int i = threadIdx.x; i < vocabulary; i += THREADS) {
      unsigned key = key_of(logits[i]);
      if (key >= least && (key & mask) == prefix) {
        u64 weight = counts ? 1 : weight_of(logits[i], top, inverse_temperature);
        if (weight > 0) atomicAdd(&bins[(key >> shift) & 255], weight);
      }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
      u64 sum = over;
      int bin = 255;
      while (bin > 0 && sum + bins[bin] < goal) sum += bins[bin--];
      found = bin;
      passed = sum;
    }
    __syncthreads();
    prefix |= found << shift;
    mask |= 255u << shift;
    over = passed;
    __syncthreads();
  }
  *above = over;
  return prefix;
}

// One block of THREADS per row; tokens[row], which may lie in the host's memory, is -1 where a logit is not a number. Where
// ranks are given, they are those of the likeliest tokens.
extern "C" __global__ void sample_tokens(const float* logits_of_all, int vocabulary, const Choice* choices, const u64* ranks, int* tokens) {
  await_previous();
  __shared__ u64 best;
  __shared__ int bad;
  const float* logits = logits_of_all + (long long)blockIdx.x * vocabulary;
  Choice choice = choices[blockIdx.x];
  if (threadIdx.x == 0) {
    best = ranks ? ranks[blockIdx.x] : 0;
    bad = 0;
  }
  __syncthreads();
  if (!ranks) {
    // Eight loads under way: one block reads the whole row.
    u64 own = 0;
#pragma unroll 8
    for (int i = threadIdx.x; i < vocabulary; i += THREADS) own = max(own, rank_of(logits[i], i));
#pragma unroll
    for (int step = WARP / 2; step > 0; step /= 2) own = max(own, __shfl_xor_sync(FULL, own, step));
    if (threadIdx.x % WARP == 0) atomicMax(&best, own);
    __syncthreads();
  }
  int likeliest = (int)~(unsigned)best;
  if (threadIdx.x == 0) bad = best == NOT_A_NUMBER;
  __syncthreads();
  if (bad || choice.inverse_temperature == 0) {
    if (threadIdx.x == 0) tokens[blockIdx.x] = bad ? -1 : likeliest;
    return;
  }
  float top = logits[likeliest], factor = choice.inverse_temperature;
  unsigned least = 0;
  int last = vocabulary - 1;
  u64 above;
  if (choice.top_k > 0 && choice.top_k < vocabulary) {
    least = key_at(logits, vocabulary, least, top, factor, true, choice.top_k, &above);
  }
  if (choice.top_p < 1) {
    u64 own_sum = 0;
    for (int i = threadIdx.x; i < vocabulary; i += THREADS) {
      if (key_of(logits[i]) >= least) own_sum += weight_of(logits[i], top, factor);
    }
    u64 goal = (u64)ceil(choice.top_p * (double)block_sum_of(own_sum));
    unsigned cut = key_at(logits, vocabulary, least, top, factor, false, goal, &above);
    // Of the tokens at the cut itself, as many as are still needed, in order of their ids.
    int share = (vocabulary + THREADS - 1) / THREADS, from = threadIdx.x * share, to = min(vocabulary, from + share);
    u64 equals = 0, all;
    u64 each = 0;
    for (int i = from; i < to; i++) {
      if (key_of(logits[i]) == cut) {
        equals++;
        each = weight_of(logits[i], top, factor);
      }
    }
    u64 before = block_prefix(equals, &all);
    if (equals > 0) {
      u64 needed = each > 0 ? (goal - above + each - 1) / each : 1;
      if (needed < 1) needed = 1;
      if (needed > all) needed = all;
      if (before < needed && needed <= before + equals) {
        u64 seen = before;
        for (int i = from; i < to; i++) {
          if (key_of(logits[i]) == cut && ++seen == needed) {
            bad = 2; // a cut was found
            best = (u64)i;
            break;
          }
        }
      }
    }
    __syncthreads();
    if (bad == 2) {
      least = cut;
      last = (int)best;
    }
    __syncthreads();
  }
  if (choice.min_p > 0) {
    unsigned floor_key = key_of(top + __logf(choice.min_p) / factor);
    if (floor_key > least) {
      least = floor_key;
      last = vocabulary - 1;
    }
  }
  int share = (vocabulary + THREADS - 1) / THREADS, from = threadIdx.x * share, to = min(vocabulary, from + share);
  u64 own_sum = 0, total;
  for (int i = from; i < to; i++) {
    unsigned key = key_of(logits[i]);
    if (key > least || (key == least && i <= last)) own_sum += weight_of(logits[i], top, factor);
  }
  u64 before = block_prefix(own_sum, &total);
  u64 goal = (u64)(choice.share * (double)total);
  if (goal >= total) goal = total - 1;
  if (before <= goal && goal < before + own_sum) {
    u64 reached = before;
    for (int i = from; i < to; i++) {
      unsigned key = key_of(logits[i]);
      if (key > least || (key == least && i <= last)) {
        reached += weight_of(logits[i], top, factor);
        if (reached > goal) {
          tokens[blockIdx.x] = i;
          break;
        }
      }
    }
  }
}
