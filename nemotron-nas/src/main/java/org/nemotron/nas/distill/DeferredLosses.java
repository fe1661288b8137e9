package org.nemotron.nas.distill;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Losses and gradient norms that are still on a device: reading each at once would stall it. */
final class DeferredLosses implements AutoCloseable {
  private static final int MOST = 16;

  private final List<Tensor> losses = new ArrayList<>();
  private final List<Tensor> norms = new ArrayList<>();

  /** Receives the values of one step. */
  interface Reader {
    void accept(double loss, double norm);
  }

  void add(Tensor loss, Tensor norm) {
    losses.add(NativeScope.keep(loss));
    norms.add(NativeScope.keep(norm));
  }

  boolean isFull() {
    return losses.size() >= MOST;
  }

  /** Waits for the device, and passes the steps to {@code reader} in their order. */
  void read(Reader reader) {
    try (NativeScope scope = NativeScope.open()) {
      TensorVector all = new TensorVector();
      losses.forEach(all::push_back);
      norms.forEach(all::push_back);
      float[] values = Tensors.floats(torch.stack(all));
      for (int step = 0; step < losses.size(); step++) {
        reader.accept(values[step], values[losses.size() + step]);
      }
    }
    close();
  }

  @Override
  public void close() {
    losses.forEach(NativeScope::release);
    norms.forEach(NativeScope::release);
    losses.clear();
    norms.clear();
  }
}
