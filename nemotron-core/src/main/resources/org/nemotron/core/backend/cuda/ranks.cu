// What the first of several ranks does with what the others send. Compiled behind common.cu.

// Puts a rank's logits [rows, own] at its tokens in [rows, vocabulary]; grid (own / threads, rows).
extern "C" __global__ void place_logits(const float* part, float* logits, int own, int vocabulary, int begin) {
  await_previous();
  release_next();
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < own) logits[(long long)blockIdx.y * vocabulary + begin + i] = part[(long long)blockIdx.y * own + i];
}
