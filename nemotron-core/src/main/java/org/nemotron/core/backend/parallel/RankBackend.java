package org.nemotron.core.backend.parallel;

import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;

/** A backend that can compute one rank's share of a model. */
public interface RankBackend extends InferenceBackend {
  /**
   * Returns the memory that one page takes of this rank in all layers, in bytes.
   *
   * @throws IllegalArgumentException if the device does not hold keys and values so
   */
  long bytesPerPage(RankShare share, KvFormat format);

  @Override
  default long bytesPerPage(ModelSpec spec, KvFormat format) {
    return bytesPerPage(RankShare.whole(spec), format);
  }

  /**
   * Packs one rank's share of a model. Its sessions make the same steps as those of the other
   * ranks, each on a thread of its own; where a sub-block ends with a sum, they wait for each
   * other. Tokens and logits are those of rank 0's steps; the others' are not to be read, but asked
   * for together with rank 0's.
   *
   * @param member meets the other ranks of the model
   * @param weights of the whole model
   * @throws IllegalArgumentException if the device does not serve such weights
   */
  InferenceModel prepare(
      RankShare share, RankMember member, WeightSource weights, ModelFormat format, int maxRows);

  @Override
  default InferenceModel prepare(
      ModelSpec spec, WeightSource weights, ModelFormat format, int maxRows) {
    return prepare(RankShare.whole(spec), RankMember.alone(), weights, format, maxRows);
  }
}
