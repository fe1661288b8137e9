package org.nemotron.nas.distill;

import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/** A model that a pass goes through layer by layer, without training it. */
interface PassedModel {
  /** Returns what the model is. */
  ModelSpec spec();

  /** Returns the element type it computes in. */
  DType dtype();

  /** Returns where it computes. */
  Device device();

  /**
   * Returns the model, of which nothing but embedding, final norm and head need be there.
   *
   * @param held closes it when it is no longer needed
   */
  HeterogeneousModel outside(Resources held);

  /**
   * Returns a layer.
   *
   * @param outside what {@link #outside} returned, open
   * @param held closes it when it is no longer needed
   */
  Block block(int layer, HeterogeneousModel outside, Resources held);

  /**
   * Says that a layer is wanted next, so that it can come while another is computed.
   *
   * @param layer one that the model does not have is not an error
   */
  default void ahead(int layer) {}

  /** Returns a model that is there as a whole; it belongs to the caller. */
  static PassedModel of(HeterogeneousModel model) {
    return new PassedModel() {
      @Override
      public ModelSpec spec() {
        return model.spec();
      }

      @Override
      public DType dtype() {
        return model.dtype();
      }

      @Override
      public Device device() {
        return model.device();
      }

      @Override
      public HeterogeneousModel outside(Resources held) {
        return model;
      }

      @Override
      public Block block(int layer, HeterogeneousModel outside, Resources held) {
        return model.block(layer);
      }
    };
  }
}
