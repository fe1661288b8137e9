package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/**
 * Tensors by name, kept until this object closes. The names do not change; the tensors' elements
 * may (training works in place).
 *
 * <p>Several objects may hold the same tensor: each takes a share, and the last to close frees it.
 * Closing twice is harmless; use after close is refused. Any thread may close it.
 */
public final class NamedTensors implements AutoCloseable {
  private final ImmutableMap<String, Tensor> tensors;
  private final LeakTracing.Trace trace;
  private boolean closed;

  private NamedTensors(ImmutableMap<String, Tensor> tensors) {
    this.tensors = tensors;
    tensors.values().forEach(Tensor::retainReference);
    this.trace = LeakTracing.made(this, () -> "a holder of tensors " + tensors.keySet());
  }

  /** Returns a holder that takes a share in each of {@code tensors}. */
  public static NamedTensors of(Map<String, Tensor> tensors) {
    return new NamedTensors(ImmutableMap.copyOf(tensors));
  }

  /** Returns a holder of nothing. */
  public static NamedTensors none() {
    return of(ImmutableMap.of());
  }

  /**
   * Returns the tensor called {@code name}; valid while this object is open.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor get(String name) {
    Tensor tensor = asMap().get(name);
    checkArgument(tensor != null, "no tensor is called %s; there are %s", name, tensors.keySet());
    return tensor;
  }

  /** Returns all tensors in their order; valid while this object is open. */
  public ImmutableMap<String, Tensor> asMap() {
    checkOpen();
    return tensors;
  }

  /**
   * Checks that this object is open.
   *
   * @throws IllegalStateException if it is closed
   */
  public void checkOpen() {
    checkState(!closed, "these tensors are closed");
  }

  /** Returns another holder of the same tensors. */
  public NamedTensors share() {
    return of(asMap());
  }

  /**
   * Returns another holder of the tensors called {@code names}.
   *
   * @throws IllegalArgumentException if one of them is not here
   */
  public NamedTensors share(Iterable<String> names) {
    ImmutableMap.Builder<String, Tensor> some = ImmutableMap.builder();
    names.forEach(name -> some.put(name, get(name)));
    return of(some.buildOrThrow());
  }

  /** Returns a holder of new tensors made from these, under the same names. */
  public NamedTensors map(UnaryOperator<Tensor> function) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> mapped = ImmutableMap.builder();
      asMap().forEach((name, tensor) -> mapped.put(name, function.apply(tensor)));
      return of(mapped.buildOrThrow());
    }
  }

  /** Returns the memory that the elements take, in bytes; a tensor held twice counts twice. */
  public long bytes() {
    return asMap().values().stream().mapToLong(Tensor::nbytes).sum();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      trace.closed();
      tensors.values().forEach(Tensor::releaseReference);
    }
  }
}
