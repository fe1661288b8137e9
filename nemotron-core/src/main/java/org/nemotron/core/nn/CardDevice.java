package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.cuda.Card;
import org.nemotron.core.cuda.CardStream;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.WeightFormat;

/** A card, with the stream and the kernels of its steps. */
final class CardDevice implements InferenceDevice {
  private static final int USUAL_ROWS = 8192;

  /** Ada and Hopper brought products of 8-bit floats. */
  private static final int EIGHT_BITS_CAPABILITY = 89;

  private final Card card;
  private final CardStream stream;
  private final KernelLauncher launcher;
  private final StepKernels kernels;

  CardDevice(Device device) {
    this.card = Card.of(device);
    this.stream = new CardStream(card);
    this.launcher = new KernelLauncher(stream);
    this.kernels = new StepKernels(card);
  }

  Device device() {
    return card.device();
  }

  CardStream stream() {
    return stream;
  }

  KernelLauncher launcher() {
    return launcher;
  }

  StepKernels kernels() {
    return kernels;
  }

  @Override
  public WeightFormat bestFormat() {
    return WeightFormat.BFLOAT16;
  }

  @Override
  public int usualRows() {
    return USUAL_ROWS;
  }

  @Override
  public long bytesPerPage(ModelSpec spec) {
    return CardMemory.bytesPerPage(spec);
  }

  @Override
  public InferenceModel prepare(HeterogeneousModel model, WeightFormat format, int maxRows) {
    checkArgument(
        format == WeightFormat.BFLOAT16 || format == WeightFormat.FLOAT8_E4M3,
        "format (%s) must be BFLOAT16 or FLOAT8_E4M3 on a card",
        format);
    checkArgument(
        format != WeightFormat.FLOAT8_E4M3 || card.capability() >= EIGHT_BITS_CAPABILITY,
        "format (FLOAT8_E4M3) needs a card of compute capability 8.9 or more, and %s has %s.%s",
        card.model(),
        card.capability() / 10,
        card.capability() % 10);
    try (CardStream.Use use = stream.use()) {
      InferenceModel ready = new CardModel(model, this, format, maxRows);
      stream.synchronize();
      return ready;
    } catch (RuntimeException e) {
      throw CardFailures.explained(e, card.device());
    }
  }

  @Override
  public void close() {
    kernels.close();
    launcher.close();
    stream.close();
  }
}
