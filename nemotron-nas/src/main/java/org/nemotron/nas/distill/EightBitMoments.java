package org.nemotron.nas.distill;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.shard.FlatShards;

/**
 * The two moments of one tensor's elements, 8 bits each, and AdamW's step with them on the CPU; on
 * a GPU, kernel {@code adamw8} does the same.
 *
 * <p>A mean is {@code sign * (code / 127)^2}, a mean of squares {@code (code / 255)^4}, as shares
 * of the largest one in a block of 256: both have about as many steps per factor of gradients.
 *
 * <p>Source: Dettmers et al., arXiv:2110.02861 (moments in blocks); the codes are ours.
 */
final class EightBitMoments implements AutoCloseable {
  static final int BLOCK = FlatShards.BLOCK;

  private static final int WORDS = BLOCK / 4;
  private static final float MEAN_LEVELS = 127;
  private static final float SQUARE_LEVELS = 255;
  private static final float CHANCES = 1 << 24;
  private static final float EPS = 1e-8f;

  /** {@code [blocks, 128]}, int32: four codes a word, 64 words of means, then 64 of squares. */
  private final Tensor codes;

  /** {@code [blocks, 2]}, float32: the largest mean and the largest mean of squares. */
  private final Tensor scales;

  EightBitMoments(Tensor parameter) {
    long blocks = (parameter.numel() + BLOCK - 1) / BLOCK;
    try (NativeScope scope = NativeScope.open()) {
      codes =
          NativeScope.keep(
              Tensors.zeros(Tensors.device(parameter), DType.INT32, blocks, 2 * WORDS));
      scales = NativeScope.keep(Tensors.zeros(Tensors.device(parameter), DType.FLOAT32, blocks, 2));
    }
  }

  Tensor codes() {
    return codes;
  }

  Tensor scales() {
    return scales;
  }

  /**
   * One step's numbers.
   *
   * @param scale of the gradients, by clipping
   * @param mostChange what a change divided by the rate cannot exceed in exact arithmetic
   * @param correction1 {@code 1 / (1 - beta1^t)}
   * @param correction2 {@code 1 / (1 - beta2^t)}
   * @param key what chances depend on, beside an element's index
   */
  record Step(
      float scale,
      float rate,
      float decay,
      float beta1,
      float beta2,
      float mostChange,
      float correction1,
      float correction2,
      long key) {}

  /**
   * Updates float32 elements on the CPU.
   *
   * @param parameter contiguous
   * @param gradient contiguous, of as many elements
   */
  void update(Tensor parameter, Tensor gradient, Step step) {
    int count = Math.toIntExact(parameter.numel());
    try (FloatPointer weights = parameter.data_ptr_float();
        FloatPointer gradients = gradient.data_ptr_float();
        IntPointer words = new IntPointer(codes.data_ptr());
        FloatPointer largest = scales.data_ptr_float()) {
      Block block = new Block(step);
      for (int first = 0; first < count; first += BLOCK) {
        block.load(first, Math.min(BLOCK, count - first), weights, gradients, words, largest);
        block.step();
        block.store(weights, words, largest);
      }
    }
  }

  /** 256 elements at work. */
  private static final class Block {
    private final Step step;
    private final float[] weight = new float[BLOCK];
    private final float[] gradient = new float[BLOCK];
    private final float[] mean = new float[BLOCK];
    private final float[] square = new float[BLOCK];
    private final int[] word = new int[2 * WORDS];
    private final float[] largest = new float[2];
    private int first;
    private int count;

    Block(Step step) {
      this.step = step;
    }

    void load(
        int begin,
        int elements,
        FloatPointer weights,
        FloatPointer gradients,
        IntPointer words,
        FloatPointer scales) {
      first = begin;
      count = elements;
      weights.position(first).get(weight, 0, count);
      gradients.position(first).get(gradient, 0, count);
      words.position((long) first / BLOCK * 2 * WORDS).get(word);
      scales.position((long) first / BLOCK * 2).get(largest);
      for (int i = 0; i < count; i++) {
        int meanCode = code(i);
        float root = (meanCode & 0x7f) / MEAN_LEVELS;
        float fourth = code(BLOCK + i) / SQUARE_LEVELS;
        mean[i] = ((meanCode & 0x80) != 0 ? -root : root) * root * largest[0];
        square[i] = fourth * fourth * (fourth * fourth) * largest[1];
      }
    }

    private int code(int index) {
      return (word[index / 4] >>> (8 * (index % 4))) & 0xff;
    }

    void step() {
      largest[0] = 0;
      largest[1] = 0;
      for (int i = 0; i < count; i++) {
        float scaled = gradient[i] * step.scale;
        mean[i] = step.beta1 * mean[i] + (1 - step.beta1) * scaled;
        square[i] = step.beta2 * square[i] + (1 - step.beta2) * scaled * scaled;
        largest[0] = Math.max(largest[0], Math.abs(mean[i]));
        largest[1] = Math.max(largest[1], square[i]);
        float change =
            mean[i] * step.correction1 / ((float) Math.sqrt(square[i] * step.correction2) + EPS);
        float bounded = Math.max(-step.mostChange, Math.min(step.mostChange, change));
        weight[i] -= step.rate * (bounded + step.decay * weight[i]);
      }
    }

    void store(FloatPointer weights, IntPointer words, FloatPointer scales) {
      Arrays.fill(word, 0);
      for (int i = 0; i < count; i++) {
        long random = mixed(step.key + first + i);
        int meanCode =
            coded(Math.abs(mean[i]), largest[0], MEAN_LEVELS, false, (int) (random >>> 16));
        int squareCode = coded(square[i], largest[1], SQUARE_LEVELS, true, (int) (random >>> 40));
        word[i / 4] |= (meanCode | (mean[i] < 0 ? 0x80 : 0)) << (8 * (i % 4));
        word[WORDS + i / 4] |= squareCode << (8 * (i % 4));
      }
      weights.position(first).put(weight, 0, count);
      words.position((long) first / BLOCK * 2 * WORDS).put(word);
      scales.position((long) first / BLOCK * 2).put(largest);
    }
  }

  /** Returns 64 well mixed bits of a counter: the finalizer of SplitMix64. */
  static long mixed(long counter) {
    long z = counter + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /**
   * Returns a code of {@code value / most}, the one below or the one above by chance, so that the
   * mean of what codes stand for is what was coded.
   *
   * @param chance 24 bits
   */
  static int coded(float value, float most, float levels, boolean fourth, int chance) {
    if (most <= 0) {
      return 0;
    }
    float share = Math.min(value / most, 1);
    double root = fourth ? Math.sqrt(Math.sqrt(share)) : Math.sqrt(share);
    float below = (float) Math.min(Math.floor(root * levels), levels - 1);
    float a = below / levels;
    float b = (below + 1) / levels;
    float low = fourth ? a * a * (a * a) : a * a;
    float high = fourth ? b * b * (b * b) : b * b;
    return (int) below + ((share - low) / (high - low) > (chance & 0xffffff) / CHANCES ? 1 : 0);
  }

  @Override
  public void close() {
    NativeScope.release(codes);
    NativeScope.release(scales);
  }
}
