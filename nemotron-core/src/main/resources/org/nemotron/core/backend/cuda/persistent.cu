// A step of a few rows through all layers as one kernel, whose blocks stay and meet between parts. Macros: ROWS; HEAD_DIM, a
// multiple of 8 up to 256; GROUPS, whose bit g says that some layer's blocks serve g query heads; PAGE; SLOTS, pieces of a warp; EIGHT_KV,
// 1 where pages are e4m3; RANKS, GPUs that share the model, each with a slice of every layer.
//
// With several ranks, what a sub-block adds is a partial sum: who has computed an element writes it to a place of its own in every
// GPU's memory. Behind it the blocks of all GPUs meet, each in its own memory, where the others' blocks come too. Then every block adds
// the partial sums to the stream, in the order of the ranks, as it normalizes it: all GPUs have the same bits. The sum is a new
// stream, since other blocks still read the old one. There are two places, which take turns: who writes the next but one sum has met
// those who have read this one.
//
// Such a step is limited by how fast weights come from memory, and weights depend on nothing: so every warp asks for the rows of W
// that it will multiply ahead of time, in the order of the parts. While blocks wait for each other, normalize or attend, the memory
// goes on delivering what comes next. A lane reads only what it has asked for itself, so that its own count of pieces tells it what
// is there.

#define THREADS 256
#define WARPS (THREADS / WARP)
#define LOADS 8  // of 16 bytes, of a lane, in a piece
#define SLOT (LOADS * WARP)
#define WINDOW 2  // pieces under way while a warp multiplies; more would only wait longer in line
#define LANES (HEAD_DIM > 128 ? 32 : HEAD_DIM > 64 ? 16 : HEAD_DIM > 32 ? 8 : HEAD_DIM > 16 ? 4 : HEAD_DIM > 8 ? 2 : 1)
#define WORKERS (THREADS / LANES)
#define NEGLIGIBLE -1e30f
#define MOST_SPLITS 32
#ifndef RANKS
#define RANKS 1
#endif
#define COUNTER_STEP 32  // between the counters of ranks: each has lines of its own

#if EIGHT_KV
typedef unsigned char kept;
typedef uint2 eight_kept;
#else
typedef bf16 kept;
typedef uint4 eight_kept;
#endif

enum { PRODUCT, GATED, ADDED, LINEAR, LOGITS, ATTENTION };

// What is done between two meetings; as the host writes it.
struct Part {
  const uint4* weight;  // [units, inputs], gated [2 * units, inputs], gate first; attention: where it counts what e4m3 cannot hold
  const float* scales;  // of rows of e4m3; none for bf16; attention: [2K] of keys and values of e4m3
  const bf16* norm;     // none: the input is bf16
  const bf16* bias;
  const void* from;
  void* to;
  int kind, inputs, units;
  float eps;
  kept *keys, *values;  // what follows is for attention
  const bf16 *query_norm, *key_norm;
  int query_heads, kv_heads, group, splits;
  float scale;
  int first;           // of the elements of the stream that are multiplied: a rank's in a linear layer
  int width;           // of the stream that is normalized
  int to_unit, apart;  // of logits: the first, and how far rows lie apart
  int unused;
  const float* added;  // partial sums [RANKS, ROWS, width] that the stream lacks; none where it is complete
  float* next;         // where the complete stream is written then
};  // 152 bytes together

// Where the ranks meet: addresses in the memory of each GPU.
struct RankTable {
  float* sums[8];        // [2, RANKS, ROWS, width]
  unsigned* counters[8]; // of the blocks that have come, a counter for each rank
  unsigned* late;        // of this GPU: 1 + the rank that did not come
  long long patience;    // nanoseconds
};

// Where the rows are in their sequences.
struct Places {
  const int* pages;
  const int* pages_each;
  const int* lengths;
  const int* positions;
  const long long* slots;
  const float* rotary_table;
};

// What blocks hand to each other.
struct Exchange {
  unsigned* meetings;
  float* parts;
  float2* marks;
  unsigned* arrivals;
  unsigned* tickets;
  unsigned long long* ranks;  // of the likeliest tokens
  const RankTable* table;
  int rank;
};

extern __shared__ uint4 shared_space[];

__device__ __forceinline__ uint4 fresh16(const void* from) {
  uint4 value;
  asm volatile("ld.global.cg.v4.u32 {%0,%1,%2,%3}, [%4];" : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w) : "l"(from));
  return value;
}

__device__ __forceinline__ float4 fresh_floats(const float* from) {
  uint4 bits = fresh16(from);
  return make_float4(__uint_as_float(bits.x), __uint_as_float(bits.y), __uint_as_float(bits.z), __uint_as_float(bits.w));
}

__device__ __forceinline__ float fresh(const float* from) {
  float value;
  asm volatile("ld.global.cg.f32 %0, [%1];" : "=f"(value) : "l"(from));
  return value;
}

__device__ __forceinline__ void add_to(float* to, float value) { asm volatile("red.global.add.f32 [%0], %1;" ::"l"(to), "f"(value) : "memory"); }

// The rows that a warp asks for, part by part. Processors get their bytes at different speeds, so that all but the first row of a
// part are drawn as they are needed: who is served faster multiplies more.
struct Supply {
  const Part* parts;
  unsigned* tickets;  // of each part, how many rows were drawn
  int2* opened;       // part and unit of rows asked for, not yet multiplied
  uint4* ring;
  int count, part, drawn, taken, slot, free_slot, held;
  const uint4* row;
  int left;  // vectors of the row; 0 when all is asked for
  const uint4* weight;
  int vectors, unit, units;
  unsigned ticket;
  bool gated, second;
};

// More than there are pieces under way.
#define QUEUE 16

__device__ __forceinline__ int first_unit() { return (threadIdx.x / WARP) * gridDim.x + blockIdx.x; }
__device__ __forceinline__ int units_at_once() { return gridDim.x * WARPS; }

__device__ __forceinline__ void open(Supply& supply, int unit) {
  supply.unit = unit;
  supply.second = false;
  supply.row = supply.weight + (long long)unit * supply.vectors;
  supply.left = supply.vectors;
  supply.opened[supply.drawn++ % QUEUE] = make_int2(supply.part, unit);
  // The next row's number is on its way while this row is.
  if (threadIdx.x % WARP == 0) supply.ticket = atomicAdd(supply.tickets + supply.part, 1u);
}

__device__ void next_part(Supply& supply) {
  for (; supply.part < supply.count; supply.part++) {
    const Part* part = supply.parts + supply.part;
    if (first_unit() < part->units) {
      supply.weight = part->weight;
      supply.vectors = part->scales ? part->inputs / 16 : part->inputs / 8;
      supply.units = part->units;
      supply.gated = part->kind == GATED;
      open(supply, first_unit());
      return;
    }
  }
  supply.left = 0;
  supply.opened[supply.drawn++ % QUEUE] = make_int2(supply.count, 0);
}

__device__ __forceinline__ void next_row(Supply& supply) {
  if (supply.gated && !supply.second) {
    supply.second = true;
    supply.row = supply.weight + (long long)(supply.unit + supply.units) * supply.vectors;
    supply.left = supply.vectors;
    return;
  }
  int unit = units_at_once() + (int)__shfl_sync(FULL, supply.ticket, 0);
  if (unit < supply.units) {
    open(supply, unit);
  } else {
    supply.part++;
    next_part(supply);
  }
}

__device__ __forceinline__ unsigned shared_address(const void* at) {
  unsigned address;
  asm("{ .reg .u64 a; cvta.to.shared.u64 a, %1; cvt.u32.u64 %0, a; }" : "=r"(address) : "l"(at));
  return address;
}

// Asks for the next piece, into the slot that was read first; a piece of nothing at the end.
__device__ __forceinline__ void ask(Supply& supply) {
  int lane = threadIdx.x % WARP;
  uint4* slot = supply.ring + supply.free_slot * SLOT;
  supply.free_slot = supply.free_slot + 1 == SLOTS ? 0 : supply.free_slot + 1;
  supply.held++;
  if (supply.left > 0) {
    unsigned to = shared_address(slot + lane);
#pragma unroll
    for (int n = 0; n < LOADS; n++) {
      if (n * WARP + lane < supply.left) {
        asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16;" ::"r"(to + n * WARP * 16), "l"(supply.row + n * WARP + lane) : "memory");
      }
    }
    supply.row += SLOT;
    supply.left -= SLOT;
    if (supply.left <= 0) next_row(supply);
  }
  asm volatile("cp.async.commit_group;" ::: "memory");
}

__device__ __forceinline__ void take(uint4 weight, const uint4* x, int inputs8, float* sums) {
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    uint4 in = x[row * inputs8];
    float sum = sums[row];
    sum = fmaf(low(weight.x), low(in.x), sum);
    sum = fmaf(high(weight.x), high(in.x), sum);
    sum = fmaf(low(weight.y), low(in.y), sum);
    sum = fmaf(high(weight.y), high(in.y), sum);
    sum = fmaf(low(weight.z), low(in.z), sum);
    sum = fmaf(high(weight.z), high(in.z), sum);
    sum = fmaf(low(weight.w), low(in.w), sum);
    sum = fmaf(high(weight.w), high(in.w), sum);
    sums[row] = sum;
  }
}

__device__ __forceinline__ void take_four(unsigned four, unsigned x, unsigned y, float& sum) {
  float2 first = from_eight(four & 0xffffu), second = from_eight(four >> 16);
  sum = fmaf(first.x, low(x), sum);
  sum = fmaf(first.y, high(x), sum);
  sum = fmaf(second.x, low(y), sum);
  sum = fmaf(second.y, high(y), sum);
}

// Where vector v of an input lies that e4m3 multiply: a lane reads two neighbors, and so four lanes read other banks than the next four.
__device__ __forceinline__ int swapped(int v) { return v ^ (v >> 3 & 1); }

// The same for 16 weights of e4m3; x is where the lane's two vectors are.
__device__ __forceinline__ void take_fp8(uint4 weight, const uint4* x, int inputs8, float* sums) {
  int first = threadIdx.x >> 2 & 1;
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    uint4 a = x[row * inputs8 + first], b = x[row * inputs8 + (first ^ 1)];
    float second = 0;
    take_four(weight.x, a.x, a.y, sums[row]);
    take_four(weight.z, b.x, b.y, second);
    take_four(weight.y, a.z, a.w, sums[row]);
    take_four(weight.w, b.z, b.w, second);
    sums[row] += second;
  }
}

// The products of the next row of W with all rows of x, in every lane; EIGHT for weights of e4m3.
template <bool EIGHT>
__device__ __forceinline__ void product(Supply& supply, int inputs, float* sums) {
  int lane = threadIdx.x % WARP, inputs8 = inputs / 8, vectors = EIGHT ? inputs / 16 : inputs8;
#pragma unroll
  for (int row = 0; row < ROWS; row++) sums[row] = 0;
  for (int done = 0; done < vectors; done += SLOT) {
    asm volatile("cp.async.wait_group %0;" ::"n"(WINDOW - 1) : "memory");
    const uint4* slot = supply.ring + supply.slot * SLOT;
    const uint4* x = shared_space + (done + lane) * (EIGHT ? 2 : 1);
    if (done + SLOT <= vectors) {
      uint4 weight[LOADS];
#pragma unroll
      for (int n = 0; n < LOADS; n++) weight[n] = slot[n * WARP + lane];
#pragma unroll
      for (int n = 0; n < LOADS; n++) {
        if (EIGHT) {
          take_fp8(weight[n], x + n * WARP * 2, inputs8, sums);
        } else {
          take(weight[n], x + n * WARP, inputs8, sums);
        }
      }
    } else {
      for (int n = 0; n * WARP + lane < vectors - done; n++) {
        if (EIGHT) {
          take_fp8(slot[n * WARP + lane], x + n * WARP * 2, inputs8, sums);
        } else {
          take(slot[n * WARP + lane], x + n * WARP, inputs8, sums);
        }
      }
    }
    supply.slot = supply.slot + 1 == SLOTS ? 0 : supply.slot + 1;
    supply.held--;
    // What was asked for while blocks waited is used up slowly; half as many bytes of e4m3 are multiplied in the same time.
    if (supply.held < WINDOW || (EIGHT ? supply.slot % 3 != 0 : supply.slot % 2 == 0)) ask(supply);
  }
#pragma unroll
  for (int row = 0; row < ROWS; row++) sums[row] = warp_sum(sums[row]);
}

// Blocks meet: each comes, and goes on when all have come; what they wrote can then be read past the L1 cache. The count's top
// bit flips at each meeting.
__device__ __forceinline__ void come(unsigned* meetings) {
  __syncthreads();
  if (threadIdx.x == 0) {
    unsigned step = blockIdx.x == 0 ? 0x80000000u - (gridDim.x - 1) : 1u;
    asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(meetings), "r"(step) : "memory");
  }
}

// Every warp looks for itself, and asks for a piece between two looks.
__device__ __forceinline__ void await_all(unsigned* meetings, unsigned& side, Supply& supply) {
  side ^= 0x80000000u;
  while (true) {
    unsigned seen;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(seen) : "l"(meetings) : "memory");
    if (__all_sync(FULL, (seen & 0x80000000u) == side)) return;
    if (supply.held < SLOTS) ask(supply);
  }
}

__device__ __forceinline__ unsigned long long nanos() {
  unsigned long long now;
  asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
  return now;
}

// Blocks of all GPUs meet.
__device__ __forceinline__ void come_all(const Exchange& exchange) {
  __syncthreads();
  if (threadIdx.x < RANKS) {
    unsigned step = blockIdx.x == 0 ? 0x80000000u - (gridDim.x - 1) : 1u;
    unsigned* counter = exchange.table->counters[threadIdx.x] + exchange.rank * COUNTER_STEP;
    asm volatile("fence.acq_rel.sys; red.release.sys.global.add.u32 [%0], %1;" ::"l"(counter), "r"(step) : "memory");
  }
}

// A rank that does not come ends the wait of all; what is computed then is of no use, and the host has given up before.
__device__ __forceinline__ void await_ranks(const Exchange& exchange, unsigned& side, Supply& supply) {
  side ^= 0x80000000u;
  int lane = threadIdx.x % WARP;
  const unsigned* counter = exchange.table->counters[exchange.rank] + lane * COUNTER_STEP;
  unsigned long long start = 0;
  for (unsigned looks = 1;; looks++) {
    unsigned seen = side;
    if (lane < RANKS) asm volatile("ld.acquire.sys.global.u32 %0, [%1];" : "=r"(seen) : "l"(counter) : "memory");
    if (__all_sync(FULL, (seen & 0x80000000u) == side)) {
      __syncwarp(); // what some lanes have acquired is there for all
      return;
    }
    if (supply.held < SLOTS) ask(supply);
    if (looks % 4096 == 0) {
      unsigned given_up;
      asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(given_up) : "l"(exchange.table->late) : "memory");
      if (__any_sync(FULL, given_up)) return;
      unsigned long long now = nanos();
      start = start ? start : now;
      if (now - start > exchange.table->patience && (seen & 0x80000000u) != side) atomicMax(exchange.table->late, 1u + lane);
    }
  }
}

// What one thread holds of a row of the stream, so that it is read once.
#define HELD 4

// Four elements of a row of the stream, with what ranks add to it.
__device__ __forceinline__ float4 stream_at(const Part& part, int row, int i, bool keeps) {
  long long at = (long long)row * part.width + 4 * i;
  float4 value = fresh_floats((const float*)part.from + at);
#if RANKS > 1
  if (part.added) {
#pragma unroll
    for (int rank = 0; rank < RANKS; rank++) {
      float4 more = fresh_floats(part.added + (long long)rank * ROWS * part.width + at);
      value.x += more.x;
      value.y += more.y;
      value.z += more.z;
      value.w += more.w;
    }
    if (keeps && i % gridDim.x == blockIdx.x) *(float4*)(part.next + at) = value;
  }
#endif
  return value;
}

// Four normalized elements to where products find them; with eight, vectors are swapped for take_fp8.
__device__ __forceinline__ void put_normalized(const Part& part, int row, int i, uint2 value, bool eight) {
#if RANKS > 1
  i -= part.first / 4;
  if (i < 0 || i >= part.inputs / 4) return;
#endif
  ((uint2*)(shared_space + row * (part.inputs / 8)))[eight ? 2 * swapped(i / 2) + i % 2 : i] = value;
}

__device__ __forceinline__ void normalized_rows(const Part& part, bool eight) {
  const uint2* factor = (const uint2*)part.norm;
  int width = part.width;
  for (int row = 0; row < ROWS; row++) {
    float4 held[HELD];
    uint2 factors[HELD];
    float squares = 0;
#pragma unroll
    for (int h = 0; h < HELD; h++) {
      int i = threadIdx.x + h * THREADS;
      held[h] = i < width / 4 ? stream_at(part, row, i, true) : make_float4(0, 0, 0, 0);
      factors[h] = i < width / 4 ? factor[i] : make_uint2(0, 0);
    }
#pragma unroll
    for (int h = 0; h < HELD; h++) {
      squares += held[h].x * held[h].x + held[h].y * held[h].y + held[h].z * held[h].z + held[h].w * held[h].w;
    }
    for (int i = threadIdx.x + HELD * THREADS; i < width / 4; i += THREADS) {
      float4 v = stream_at(part, row, i, true);
      squares += v.x * v.x + v.y * v.y + v.z * v.z + v.w * v.w;
    }
    float scale = rsqrtf(block_sum(squares) / width + part.eps);
#pragma unroll
    for (int h = 0; h < HELD; h++) {
      int i = threadIdx.x + h * THREADS;
      if (i < width / 4) {
        put_normalized(part, row, i,
                       make_uint2(packed(held[h].x * scale * low(factors[h].x), held[h].y * scale * high(factors[h].x)),
                                  packed(held[h].z * scale * low(factors[h].y), held[h].w * scale * high(factors[h].y))),
                       eight);
      }
    }
    for (int i = threadIdx.x + HELD * THREADS; i < width / 4; i += THREADS) {
      float4 v = stream_at(part, row, i, false);
      uint2 f = factor[i];
      put_normalized(part, row, i,
                     make_uint2(packed(v.x * scale * low(f.x), v.y * scale * high(f.x)),
                                packed(v.z * scale * low(f.y), v.w * scale * high(f.y))),
                     eight);
    }
  }
  __syncthreads();
}

__device__ __forceinline__ void plain_rows(const bf16* x, int inputs, bool eight) {
  for (int row = 0; row < ROWS; row++) {
    int first = row * (inputs / 8);
    for (int i = threadIdx.x; i < inputs / 8; i += THREADS) {
      shared_space[first + (eight ? swapped(i) : i)] = fresh16(x + 8 * (first + i));
    }
  }
  __syncthreads();
}

__device__ __forceinline__ void scale_all(float* sums, float scale) {
#pragma unroll
  for (int row = 0; row < ROWS; row++) sums[row] *= scale;
}

// A partial sum goes to every GPU; part.to is where among the places, in floats.
__device__ __forceinline__ void put_partial(const Part& part, long long at, float value, const Exchange& exchange) {
  long long place = (long long)part.to + (long long)exchange.rank * ROWS * part.units + at;
#pragma unroll
  for (int rank = 0; rank < RANKS; rank++) exchange.table->sums[rank][place] = value;
}

__device__ __forceinline__ void put(const Part& part, int unit, const float* sums, unsigned long long* ranks, const Exchange& exchange) {
  float offset = part.bias ? widened(part.bias[unit]) : 0.f;
#pragma unroll
  for (int row = 0; row < ROWS; row++) {
    long long at = (long long)row * part.units + unit;
    float value = sums[row] + offset;
    if (RANKS > 1 && (part.kind == ADDED || part.kind == LINEAR)) {
      put_partial(part, at, value, exchange);
    } else if (part.kind == ADDED) {
      add_to((float*)part.to + at, value);
    } else if (part.kind == LOGITS) {
      ((float*)part.to)[(long long)row * part.apart + part.to_unit + unit] = value;
      ranks[row] = max(ranks[row], rank_of(value, part.to_unit + unit));
    } else if (part.kind == LINEAR) {
      ((float*)part.to)[at] = fresh((const float*)part.from + at) + value;
    } else {
      ((bf16*)part.to)[at] = rounded(value);
    }
  }
}

template <bool EIGHT>
__device__ __forceinline__ void multiply_as(const Part& part, int index, const Exchange& exchange, Supply& supply) {
  unsigned long long ranks[ROWS] = {};
  for (int2 next; (next = supply.opened[supply.taken % QUEUE]).x == index; supply.taken++) {
    float sums[ROWS];
    product<EIGHT>(supply, part.inputs, sums);
    if (EIGHT) scale_all(sums, part.scales[next.y]);
    if (part.kind == GATED) {
      float up[ROWS];
      product<EIGHT>(supply, part.inputs, up);
      if (EIGHT) scale_all(up, part.scales[next.y + part.units]);
#pragma unroll
      for (int row = 0; row < ROWS; row++) sums[row] = silu(sums[row]) * up[row];
    }
    if (threadIdx.x % WARP == 0) put(part, next.y, sums, ranks, exchange);
  }
  if (part.kind == LOGITS && threadIdx.x % WARP == 0) {
#pragma unroll
    for (int row = 0; row < ROWS; row++) {
      if (RANKS > 1) {
        atomicMax_system(exchange.ranks + row, ranks[row]);
      } else {
        atomicMax(exchange.ranks + row, ranks[row]);
      }
    }
  }
}

__device__ __forceinline__ void multiply(const Part& part, int index, const Exchange& exchange, Supply& supply) {
  if (part.norm) {
    normalized_rows(part, part.scales);
  } else {
    plain_rows((const bf16*)part.from, part.inputs, part.scales);
  }
  if (part.scales) {
    multiply_as<true>(part, index, exchange, supply);
  } else {
    multiply_as<false>(part, index, exchange, supply);
  }
}

// What a block attends to: its share of a sequence, for some query heads of a key/value head.
struct Share {
  int row, kv_head, head, split, unit, from, to, length, position;
  long long slot;
};

__device__ __forceinline__ Share share_of(const Part& part, const Places& places, int unit) {
  Share share;
  int chunks = part.query_heads / part.kv_heads / part.group;
  share.split = unit % part.splits;
  share.unit = unit / part.splits;
  int chunk = share.unit % chunks;
  share.kv_head = share.unit / chunks % part.kv_heads;
  share.row = share.unit / chunks / part.kv_heads;
  share.head = (share.kv_head * chunks + chunk) * part.group;
  share.length = places.lengths[share.row];
  int tokens = (share.length + part.splits - 1) / part.splits;
  share.from = min(share.length, share.split * tokens);
  share.to = min(share.length, share.from + tokens);
  share.position = places.positions[share.row];
  share.slot = places.slots[share.row];
  return share;
}

__device__ __forceinline__ int shares(const Part& part) { return ROWS * part.query_heads / part.group * part.splits; }

__device__ __forceinline__ long long element(const Part& part, const Places& places, const Share& share, int token) {
  int page = places.pages[(long long)share.row * *places.pages_each + token / PAGE];
  return ((long long)page * PAGE + token % PAGE) * part.kv_heads * HEAD_DIM + share.kv_head * HEAD_DIM;
}

// Brings what a block will attend to nearer, before what is asked about it is known.
__device__ __forceinline__ void bring_near(const Part& part, const Places& places, const Share& share) {
  for (int token = share.from + threadIdx.x; token < share.to; token += THREADS) {
    long long at = element(part, places, share, token);
#pragma unroll
    for (int i = 0; i < HEAD_DIM; i += 128 / (int)sizeof(kept)) {
      asm volatile("prefetch.global.L2 [%0];" ::"l"(part.keys + at + i));
      asm volatile("prefetch.global.L2 [%0];" ::"l"(part.values + at + i));
    }
  }
}

template <int GROUP>
__device__ __forceinline__ void attend(const Part& part, const Places& places, const Exchange& exchange, Supply& supply, const Share& share) {
  int warp = threadIdx.x / WARP;
  float* queries = (float*)shared_space;                                        // [GROUP, H]
  float* shared_sums = queries + GROUP * HEAD_DIM;                              // [WARPS, GROUP, H]
  float2* shared_marks = (float2*)(shared_sums + WARPS * GROUP * HEAD_DIM);     // [WARPS, GROUP]
  __syncthreads();

  // The block that sees the newest token places its key and value; blocks for other query heads place the same.
  bool newest = share.to == share.length && share.from < share.to;
  const bf16* joined = (const bf16*)part.from + (long long)share.row * (part.query_heads + 2 * part.kv_heads) * HEAD_DIM;
  const float* rotary = places.rotary_table + (long long)share.position * HEAD_DIM;
  long long token_at = share.slot * part.kv_heads * HEAD_DIM + share.kv_head * HEAD_DIM;
  for (int h = warp; h < GROUP + (newest ? 2 : 0); h += WARPS) {
    bool is_query = h < GROUP, is_key = h == GROUP;
    int head = is_query ? share.head + h : part.query_heads + (is_key ? 0 : part.kv_heads) + share.kv_head;
    kept* at = (is_key ? part.keys : part.values) + token_at;
    float* query = queries + h * HEAD_DIM;
#if EIGHT_KV
    float scale = part.scale * part.scales[share.kv_head];
    float inverse = 1.f / part.scales[is_key ? share.kv_head : part.kv_heads + share.kv_head];
#else
    float scale = part.scale;
#endif
    place_head(joined + head * HEAD_DIM, 1.f, 0, part.bias ? part.bias + head * HEAD_DIM : 0,
               is_query ? part.query_norm : is_key ? part.key_norm : 0, is_query || is_key ? rotary : 0, HEAD_DIM, part.eps,
               [&](int i, float value) {
                 if (is_query) {
                   query[i] = widened(rounded(value)) * scale;
                 } else {
#if EIGHT_KV
                   float scaled = value * inverse;
                   if (fabsf(scaled) > 448.f) atomicAdd((unsigned*)part.weight, 1u);
                   at[i] = (kept)to_eight(scaled, 0.f);
#else
                   at[i] = rounded(value);
#endif
                 }
               });
  }
  __syncthreads();

  const int AT_ONCE = GROUP > 4 ? 2 : 4;
  int worker = threadIdx.x / LANES, lane = threadIdx.x % LANES;
  bool reads = lane * 8 < HEAD_DIM;
  float query[GROUP][8], sum[GROUP][8], largest[GROUP], weight[GROUP];
#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    largest[g] = NEGLIGIBLE;
    weight[g] = 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
      query[g][i] = reads ? queries[g * HEAD_DIM + lane * 8 + i] : 0.f;
      sum[g][i] = 0;
    }
  }
  for (int token = share.from + worker; token - worker < share.to; token += AT_ONCE * WORKERS) {
    eight_kept key[AT_ONCE], value[AT_ONCE];
#pragma unroll
    for (int u = 0; u < AT_ONCE; u++) {
      int t = token + u * WORKERS;
      key[u] = value[u] = eight_kept();
      if (t < share.to && reads) {
        long long at = element(part, places, share, t) + lane * 8;
        key[u] = *(const eight_kept*)(part.keys + at);
        value[u] = *(const eight_kept*)(part.values + at);
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
        score[u][g] = token + u * WORKERS < share.to ? dot : NEGLIGIBLE;
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
        score[u][g] = token + u * WORKERS < share.to ? exp2f(score[u][g] - top) : 0.f;
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
  // Workers of a warp, then warps.
#pragma unroll
  for (int g = 0; g < GROUP; g++) {
    float top = largest[g];
#pragma unroll
    for (int step = LANES; step < WARP; step *= 2) top = fmaxf(top, __shfl_xor_sync(FULL, top, step));
    float shrink = exp2f(largest[g] - top);
    weight[g] *= shrink;
#pragma unroll
    for (int i = 0; i < 8; i++) sum[g][i] *= shrink;
#pragma unroll
    for (int step = LANES; step < WARP; step *= 2) {
      weight[g] += __shfl_xor_sync(FULL, weight[g], step);
#pragma unroll
      for (int i = 0; i < 8; i++) sum[g][i] += __shfl_xor_sync(FULL, sum[g][i], step);
    }
    if (threadIdx.x % WARP == 0) shared_marks[warp * GROUP + g] = make_float2(top, weight[g]);
    if (threadIdx.x % WARP < LANES && reads) {
#pragma unroll
      for (int i = 0; i < 8; i++) shared_sums[(warp * GROUP + g) * HEAD_DIM + lane * 8 + i] = sum[g][i];
    }
  }
  __syncthreads();
#if EIGHT_KV
  float value_scale = part.scales[part.kv_heads + share.kv_head];
#else
  float value_scale = 1.f;
#endif
  bf16* out = (bf16*)part.to;
  long long first = (long long)share.row * part.query_heads + share.head;
  for (int at = threadIdx.x; at < GROUP * HEAD_DIM; at += THREADS) {
    int g = at / HEAD_DIM, i = at % HEAD_DIM;
    float top = NEGLIGIBLE, total = 0, merged = 0;
#pragma unroll
    for (int w = 0; w < WARPS; w++) top = fmaxf(top, shared_marks[w * GROUP + g].x);
#pragma unroll
    for (int w = 0; w < WARPS; w++) {
      float factor = exp2f(shared_marks[w * GROUP + g].x - top);
      total += shared_marks[w * GROUP + g].y * factor;
      merged += shared_sums[(w * GROUP + g) * HEAD_DIM + i] * factor;
    }
    merged *= value_scale;
    long long place = first + g;
    if (part.splits == 1) {
      out[place * HEAD_DIM + i] = rounded(total > 0 ? merged / total : 0.f);
    } else {
      exchange.parts[(place * part.splits + share.split) * HEAD_DIM + i] = merged;
      if (i == 0) exchange.marks[place * part.splits + share.split] = make_float2(top, total);
    }
  }
  if (part.splits == 1) return;

  // The last block of a head to arrive merges the splits; the count begins anew by itself.
  __shared__ bool is_last;
  __shared__ float factors[GROUP][MOST_SPLITS];
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) is_last = atomicInc(exchange.arrivals + share.unit, part.splits - 1) == part.splits - 1;
  __syncthreads();
  if (!is_last) return;
  __threadfence();
  for (int g = warp; g < GROUP; g += WARPS) {
    int s = threadIdx.x % WARP;
    const float* mark = (const float*)(exchange.marks + (first + g) * part.splits + s);
    float top = s < part.splits ? fresh(mark) : NEGLIGIBLE, weight_of = s < part.splits ? fresh(mark + 1) : 0.f;
    float most = top;
    for (int step = WARP / 2; step > 0; step /= 2) most = fmaxf(most, __shfl_xor_sync(FULL, most, step));
    float factor = exp2f(top - most);
    float total = warp_sum(weight_of * factor);
    if (s < part.splits) factors[g][s] = total > 0 ? factor / total : 0.f;
  }
  __syncthreads();
  for (int at = threadIdx.x; at < GROUP * HEAD_DIM; at += THREADS) {
    int g = at / HEAD_DIM, i = at % HEAD_DIM;
    float merged = 0;
#pragma unroll 8
    for (int s = 0; s < part.splits; s++) {
      merged = fmaf(fresh(exchange.parts + ((first + g) * part.splits + s) * HEAD_DIM + i), factors[g][s], merged);
    }
    out[(first + g) * HEAD_DIM + i] = rounded(merged);
  }
}

__device__ __forceinline__ void attend_of(const Part& part, const Places& places, const Exchange& exchange, Supply& supply,
                                          const Share& share) {
#if GROUPS & (1 << 1)
  if (part.group == 1) attend<1>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 2)
  if (part.group == 2) attend<2>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 3)
  if (part.group == 3) attend<3>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 4)
  if (part.group == 4) attend<4>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 5)
  if (part.group == 5) attend<5>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 6)
  if (part.group == 6) attend<6>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 7)
  if (part.group == 7) attend<7>(part, places, exchange, supply, share);
#endif
#if GROUPS & (1 << 8)
  if (part.group == 8) attend<8>(part, places, exchange, supply, share);
#endif
}

// All blocks must run at once: one per processor. shared_space has `room` vectors for what blocks work on, then the rings.
extern "C" __global__ void __launch_bounds__(THREADS, 1) persistent_step(
    const Part* parts, int count, int room, const int* pages, const int* pages_each, const int* lengths, const int* positions,
    const long long* slots, const float* rotary_table, unsigned* meetings, float* head_parts, float2* marks, unsigned* arrivals,
    unsigned* tickets, unsigned long long* ranks, const RankTable* table, int rank) {
  Places places = {pages, pages_each, lengths, positions, slots, rotary_table};
  Exchange exchange = {meetings, head_parts, marks, arrivals, tickets, ranks, table, rank};
  __shared__ int2 opened[WARPS][QUEUE];
  Supply supply;
  supply.parts = parts;
  supply.tickets = exchange.tickets;
  supply.opened = opened[threadIdx.x / WARP];
  supply.ring = shared_space + room + (threadIdx.x / WARP) * SLOTS * SLOT;
  supply.count = count;
  supply.part = supply.drawn = supply.taken = supply.slot = supply.free_slot = supply.held = 0;
  supply.ticket = 0;
  supply.gated = supply.second = false;
  next_part(supply);
  while (supply.held < SLOTS) ask(supply);
  unsigned side;
  asm volatile("ld.relaxed.gpu.global.u32 %0, [%1];" : "=r"(side) : "l"(exchange.meetings) : "memory");
  side &= 0x80000000u;
#if RANKS > 1
  unsigned side_of_all;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(side_of_all) : "l"(table->counters[rank] + rank * COUNTER_STEP) : "memory");
  side_of_all &= 0x80000000u;
#endif
  Share share = {};
  for (int index = 0; index < count; index++) {
    Part part = parts[index];
    if (part.kind == ATTENTION) {
      for (int unit = blockIdx.x; unit < shares(part); unit += gridDim.x) {
        if (unit != blockIdx.x || index == 0) share = share_of(part, places, unit);
        attend_of(part, places, exchange, supply, share);
      }
    } else {
      multiply(part, index, exchange, supply);
    }
#if RANKS > 1
    // Behind the last part too: the first rank has all logits then, and nobody writes what another still reads.
    if (part.kind == ADDED || part.kind == LINEAR || index + 1 == count) {
      come_all(exchange);
      await_ranks(exchange, side_of_all, supply);
      continue;
    }
#endif
    if (index + 1 < count) {
      come(exchange.meetings);
      const Part& next = parts[index + 1];
      if (next.kind == ATTENTION && blockIdx.x < shares(next)) {
        share = share_of(next, places, blockIdx.x);
        bring_near(next, places, share);
      }
      await_all(exchange.meetings, side, supply);
    }
  }
}
