package org.nemotron.nas.distill;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.ArchiveWriter;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.OutputArchive;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;

/** LibTorch's AdamW over the tensors of one holder, with clipping and a schedule. */
final class Float32AdamW implements Optimizer {
  private final OptimizerSettings settings;
  private final int steps;
  private final TensorVector parameters;
  private final AdamW adamW;

  /** Makes an optimizer; the tensors must require gradients and stay open. */
  Float32AdamW(NamedTensors tensors, OptimizerSettings settings, int steps) {
    this.settings = settings;
    this.steps = steps;
    try (NativeScope scope = NativeScope.open()) {
      Tensor[] all = tensors.asMap().values().toArray(Tensor[]::new);
      AdamWOptions options = new AdamWOptions(settings.learningRate());
      put(settings, options.betas());
      options.weight_decay().put(settings.weightDecay());
      this.parameters = NativeScope.keep(new TensorVector(all));
      this.adamW = NativeScope.keep(new AdamW(parameters, options));
    }
  }

  /**
   * Sets both decays. LibTorch has them as a {@code std::tuple}, which the binding reads as an
   * array: where the C++ library keeps the last element first, as libstdc++ does, the second one
   * comes first. The defaults, 0.9 and 0.999, tell.
   */
  private static void put(OptimizerSettings settings, DoublePointer betas) {
    int first = betas.get(0) < betas.get(1) ? 0 : 1;
    betas.put(first, settings.beta1()).put(1 - first, settings.beta2());
  }

  @Override
  public double step(int step) {
    try (NativeScope scope = NativeScope.open()) {
      double norm = torch.clip_grad_norm_(parameters, settings.gradientClip());
      if (Double.isFinite(norm)) {
        new AdamWOptions(adamW.param_groups().get(0).options())
            .set_lr(settings.rateAt(step, steps));
        adamW.step();
      }
      adamW.zero_grad();
      return norm;
    }
  }

  @Override
  public void save(Path file) throws IOException {
    AtomicFiles.write(
        file,
        channel -> {
          try (NativeScope scope = NativeScope.open();
              ChannelWriter writer = new ChannelWriter(channel)) {
            OutputArchive archive = new OutputArchive();
            adamW.save(archive);
            archive.save_to(writer);
            writer.check();
          }
        });
  }

  /**
   * Receives the bytes that LibTorch writes to a file. A failure is kept until LibTorch is done:
   * thrown earlier, it would come back as a C++ error with a native trace.
   */
  private static final class ChannelWriter extends ArchiveWriter {
    private final FileChannel channel;
    private Optional<IOException> failure = Optional.empty();

    ChannelWriter(FileChannel channel) {
      this.channel = channel;
    }

    @Override
    public long call(Pointer bytes, long length) {
      try (BytePointer own = new BytePointer(bytes)) {
        if (failure.isEmpty()) {
          AtomicFiles.writeFully(channel, own.limit(length).asByteBuffer());
        }
      } catch (IOException e) {
        failure = Optional.of(e);
      }
      return length;
    }

    void check() throws IOException {
      if (failure.isPresent()) {
        throw failure.get();
      }
    }
  }

  @Override
  public void load(Path file) {
    try (NativeScope scope = NativeScope.open()) {
      InputArchive archive = new InputArchive();
      archive.load_from(file.toString());
      adamW.load(archive);
    }
  }

  @Override
  public void close() {
    NativeScope.release(adamW);
    NativeScope.release(parameters);
  }
}
