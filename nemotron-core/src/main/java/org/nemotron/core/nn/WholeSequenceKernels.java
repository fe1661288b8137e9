package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.nemotron.core.cuda.Card;
import org.nemotron.core.cuda.CardKernel;
import org.nemotron.core.cuda.CardProgram;
import org.nemotron.core.cuda.CardStream;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * The kernels with which a card computes whole sequences, beside LibTorch's. Compiled when first
 * needed, and kept for good. Safe for use by several threads.
 */
final class WholeSequenceKernels {
  private static final Map<Device, WholeSequenceKernels> OF_DEVICES = new ConcurrentHashMap<>();

  private final Card card;
  private final CardProgram program;
  private final Map<String, CardKernel> kernels = new HashMap<>();

  private WholeSequenceKernels(Card card) {
    this.card = card;
    this.program =
        CardProgram.compile(
            card,
            WholeSequenceKernels.class,
            ImmutableList.of("step.cu", "sequence.cu"),
            ImmutableList.of());
  }

  static WholeSequenceKernels of(Device device) {
    return OF_DEVICES.computeIfAbsent(device, key -> new WholeSequenceKernels(Card.of(key)));
  }

  /**
   * Puts a run of kernel {@code name} into the stream on which LibTorch works on this thread.
   *
   * @param arguments adds the kernel's
   */
  void launch(String name, CardKernel.Shape shape, Consumer<KernelLauncher> arguments) {
    try (NativeScope scope = NativeScope.open();
        CardStream stream = CardStream.current(card);
        KernelLauncher launcher = new KernelLauncher(stream)) {
      arguments.accept(launcher);
      kernel(name).launch(launcher, shape);
    }
  }

  private synchronized CardKernel kernel(String name) {
    return kernels.computeIfAbsent(name, program::kernel);
  }
}
