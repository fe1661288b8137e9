package org.nemotron.nas.library;

import com.google.common.primitives.ImmutableIntArray;
import org.bytedeco.pytorch.Tensor;

/** How the importance of the channels of one FFN is measured, batch by batch. */
interface ChannelRanking extends AutoCloseable {
  /**
   * Takes in some tokens.
   *
   * @param channelsRI {@code [R, I]}: the intermediate activations of R tokens, float32
   */
  void observe(Tensor channelsRI);

  /** Returns all channels, most important first. */
  ImmutableIntArray ranked();

  @Override
  void close();
}
