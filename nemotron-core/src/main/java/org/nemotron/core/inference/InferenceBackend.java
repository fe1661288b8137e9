package org.nemotron.core.inference;

import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;

/**
 * The device that computes the steps of models: the cores of the processor, or a GPU. Several
 * models may be prepared on one device; their steps run one after another.
 *
 * <p>Used by one thread at a time, which may change; closed after its models. Closing twice is
 * harmless; nothing is prepared after close.
 */
public interface InferenceBackend extends AutoCloseable {
  /** Returns the leanest format in which this device multiplies fast, without loss worth naming. */
  WeightFormat bestFormat();

  /** Returns how many tokens of prompts a step should have: enough for products at full speed. */
  int usualRows();

  /**
   * Returns the memory that one page takes in all layers, in bytes.
   *
   * @throws IllegalArgumentException if the device does not hold keys and values so
   */
  long bytesPerPage(ModelSpec spec, KvFormat format);

  /** Returns the memory that one page takes in all layers in the usual format, in bytes. */
  default long bytesPerPage(ModelSpec spec) {
    return bytesPerPage(spec, KvFormat.USUAL);
  }

  /**
   * Packs the weights of the model that {@code spec} describes, one tensor after the other.
   *
   * @param weights on the CPU, or on this GPU
   * @param maxRows how many tokens a step may have
   * @throws IllegalArgumentException if the device does not serve such weights, or one has not the
   *     shape that {@code spec} says
   * @throws IllegalStateException if this device is closed
   */
  InferenceModel prepare(ModelSpec spec, WeightSource weights, ModelFormat format, int maxRows);

  /** Packs the weights with the head in the usual format: see {@link ModelFormat#of}. */
  default InferenceModel prepare(
      ModelSpec spec, WeightSource weights, WeightFormat format, int maxRows) {
    return prepare(spec, weights, ModelFormat.of(format), maxRows);
  }

  /**
   * Packs the weights of the model that {@code spec} describes to score whole sequences.
   *
   * @param weights on the CPU, or on this GPU
   * @throws IllegalArgumentException as {@link #prepare(ModelSpec, WeightSource, ModelFormat, int)}
   *     does
   * @throws IllegalStateException if this device is closed
   */
  default TreeModel prepareTrees(ModelSpec spec, WeightSource weights, WeightFormat format) {
    return new PagedTreeModel(prepare(spec, weights, format, usualRows()));
  }

  /** Packs the weights of {@code model}, which may close afterwards. */
  default InferenceModel prepare(HeterogeneousModel model, ModelFormat format, int maxRows) {
    return prepare(model.spec(), WeightSource.of(model), format, maxRows);
  }

  /** Packs the weights of {@code model} with the head in the usual format. */
  default InferenceModel prepare(HeterogeneousModel model, WeightFormat format, int maxRows) {
    return prepare(model, ModelFormat.of(format), maxRows);
  }

  @Override
  void close();
}
