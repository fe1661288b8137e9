package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostMemory;

/**
 * Device, batch size and memory of an engine. Immutable.
 *
 * @param maxBatch how many requests are admitted at the same time
 * @param prefillTokens how many tokens of prompts a step reads at most, beside one token of each
 *     request that generates: more is faster for prompts, and delays the other requests more
 * @param kvBytes memory of the KV cache; of each GPU where several share the model
 * @param queueCapacity how many requests may wait for admission; beyond it, {@link
 *     TextGenerator#submit} blocks and {@link TextGenerator#trySubmit} returns empty
 * @param device where the model runs
 * @param weights the format of the packed weights; {@link TextGenerator#notes} names those that it
 *     cannot hold
 * @param head the format of the head, the last product; on the CPU that of {@code weights}
 * @param kvFormat the format of the KV cache
 * @param reservation how much of the KV cache a request is given before its answer grows
 * @param threads how many CPU cores compute at most: fewer where a step is too small for them, and
 *     where other work of this process has some; without effect on a GPU
 * @param tensorParallel how many GPUs share the model, from {@code device} on: each holds a slice
 *     of every layer and of the KV cache. On the CPU as many groups of threads, for trying it out
 */
public record EngineSettings(
    int maxBatch,
    int prefillTokens,
    long kvBytes,
    int queueCapacity,
    Device device,
    WeightFormat weights,
    WeightFormat head,
    KvFormat kvFormat,
    KvReservation reservation,
    int threads,
    int tensorParallel) {
  /** Rows of a step, for which there is room all the time. */
  private static final int MOST_ROWS = 1 << 20;

  /** Checks the ranges. */
  public EngineSettings {
    checkArgument(maxBatch > 0, "maxBatch (%s) must be positive", maxBatch);
    checkArgument(prefillTokens >= 64, "prefillTokens (%s) must be at least 64", prefillTokens);
    checkArgument(
        (long) maxBatch + prefillTokens <= MOST_ROWS,
        "maxBatch (%s) and prefillTokens (%s) must be at most %s together",
        maxBatch,
        prefillTokens,
        MOST_ROWS);
    checkArgument(kvBytes > 0, "kvBytes (%s) must be positive", kvBytes);
    checkArgument(queueCapacity > 0, "queueCapacity (%s) must be positive", queueCapacity);
    checkNotNull(device, "the device of an engine must not be null");
    checkNotNull(weights, "the weight format of an engine must not be null");
    checkNotNull(head, "the format of an engine's head must not be null");
    checkNotNull(kvFormat, "the format of an engine's KV cache must not be null");
    checkNotNull(reservation, "the reservation of an engine's KV cache must not be null");
    checkArgument(
        kvFormat == KvFormat.USUAL || !device.equals(Device.CPU),
        "kvFormat (%s) must be USUAL on %s",
        kvFormat,
        device);
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    checkArgument(tensorParallel > 0, "tensorParallel (%s) must be positive", tensorParallel);
    checkArgument(
        device.equals(Device.CPU)
            ? weights != WeightFormat.FLOAT8_E4M3
            : weights == WeightFormat.BFLOAT16 || weights == WeightFormat.FLOAT8_E4M3,
        "weights (%s) must be one of %s on %s",
        weights,
        device.equals(Device.CPU) ? "FLOAT32, FLOAT16, BFLOAT16" : "BFLOAT16, FLOAT8_E4M3",
        device);
    checkArgument(
        device.equals(Device.CPU)
            ? head == weights
            : head == WeightFormat.BFLOAT16 || head == WeightFormat.FLOAT8_E4M3,
        "head (%s) must be %s on %s",
        head,
        device.equals(Device.CPU) ? "as weights (" + weights + ")" : "BFLOAT16 or FLOAT8_E4M3",
        device);
  }

  /** Returns the defaults of {@code device}: see {@link Builder#device}. */
  public static EngineSettings defaults(Device device) {
    return builder().device(device).build();
  }

  /**
   * Returns 64 requests at a time, 256 tokens of prompts a step, 1 GiB of KV cache, or half of the
   * native memory that this process may still have where that is less, the smallest weight format
   * that this CPU multiplies fast, and all cores.
   */
  public static EngineSettings defaults() {
    return builder().build();
  }

  /** Returns a builder that starts from {@link #defaults}. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings. Not safe for use by several threads. */
  public static final class Builder {
    private static final long LEAST_KV_BYTES = 64L << 20;

    private int maxBatch = 64;
    private int prefillTokens = 256;
    private long kvBytes = usualKvBytes();
    private int queueCapacity = 10_000;
    private Device device = Device.CPU;
    private WeightFormat weights = Backends.bestFormat(Device.CPU);
    private WeightFormat head = weights;
    private KvFormat kvFormat = KvFormat.USUAL;
    private KvReservation reservation = KvReservation.DEFAULT;
    private int threads = CpuThreads.available();
    private int tensorParallel = 1;

    private Builder() {}

    private static long usualKvBytes() {
      return HostMemory.modestShare(1L << 30, LEAST_KV_BYTES);
    }

    /**
     * Sets where the model runs, and with it the defaults of that device; so call it first. On a
     * GPU: 256 requests at a time, 4,096 tokens of prompts a step, 8 GiB of KV cache, bfloat16
     * weights. On the CPU: the {@link EngineSettings#defaults() defaults}.
     */
    @CanIgnoreReturnValue
    public Builder device(Device chosen) {
      checkNotNull(chosen, "the device of an engine must not be null");
      boolean gpu = !chosen.equals(Device.CPU);
      device = chosen;
      maxBatch = gpu ? 256 : 64;
      prefillTokens = gpu ? 4096 : 256;
      kvBytes = gpu ? 8L << 30 : usualKvBytes();
      weights = gpu ? WeightFormat.BFLOAT16 : Backends.bestFormat(Device.CPU);
      head = weights;
      kvFormat = KvFormat.USUAL;
      return checked();
    }

    /** Sets how many requests are admitted at the same time. */
    @CanIgnoreReturnValue
    public Builder maxBatch(int requests) {
      maxBatch = requests;
      return checked();
    }

    /** Sets how many tokens of prompts a step reads at most; at least 64. */
    @CanIgnoreReturnValue
    public Builder prefillTokens(int tokens) {
      prefillTokens = tokens;
      return checked();
    }

    /** Sets the memory of the KV cache, in bytes: of each GPU where several share the model. */
    @CanIgnoreReturnValue
    public Builder kvBytes(long bytes) {
      kvBytes = bytes;
      return checked();
    }

    /** Sets how many requests may wait for admission: beyond it submitting blocks or is refused. */
    @CanIgnoreReturnValue
    public Builder queueCapacity(int requests) {
      queueCapacity = requests;
      return checked();
    }

    /** Sets the format of the packed weights, and the usual one of the head. */
    @CanIgnoreReturnValue
    public Builder weights(WeightFormat format) {
      checkNotNull(format, "the weight format of an engine must not be null");
      weights = format;
      head = ModelFormat.of(format).head();
      return checked();
    }

    /**
     * Sets the format of the head, after {@link #weights}: on a GPU, FLOAT8_E4M3 reads half the
     * bytes for the logits of a step.
     */
    @CanIgnoreReturnValue
    public Builder head(WeightFormat format) {
      head = format;
      return checked();
    }

    /** Sets the format of the KV cache: in a smaller one, more tokens fit {@link #kvBytes}. */
    @CanIgnoreReturnValue
    public Builder kvFormat(KvFormat format) {
      kvFormat = format;
      return checked();
    }

    /**
     * Sets how much of the KV cache a request is given before its answer grows: see {@link
     * KvReservation}.
     */
    @CanIgnoreReturnValue
    public Builder reservation(KvReservation chosen) {
      reservation = chosen;
      return checked();
    }

    /** Sets how many CPU cores compute at most. */
    @CanIgnoreReturnValue
    public Builder threads(int cores) {
      threads = cores;
      return checked();
    }

    /**
     * Sets how many GPUs share the model, from {@link #device} on; 1 by default. A request that
     * needs more memory than one GPU has, or a step that takes too long on one, is why.
     */
    @CanIgnoreReturnValue
    public Builder tensorParallel(int degree) {
      tensorParallel = degree;
      return checked();
    }

    /** Returns the settings. */
    public EngineSettings build() {
      return new EngineSettings(
          maxBatch,
          prefillTokens,
          kvBytes,
          queueCapacity,
          device,
          weights,
          head,
          kvFormat,
          reservation,
          threads,
          tensorParallel);
    }

    private Builder checked() {
      EngineSettings unused = build();
      return this;
    }
  }
}
