package org.nemotron.nas.distill;

import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.activation.Divergences;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The loss of global knowledge distillation.
 *
 * <p>{@code a * sum over layers (1 - cos(h_child, h_parent)) + b * KL(parent ‖ child) + c * LM},
 * each a mean over tokens, in float32.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, section on global knowledge distillation.
 */
final class GlobalLoss {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary.

  private static final double EPS = 1e-8;

  private final HeterogeneousModel parent;
  private final GlobalDistillationSettings settings;

  GlobalLoss(HeterogeneousModel parent, GlobalDistillationSettings settings) {
    this.parent = parent;
    this.settings = settings;
  }

  /** Returns the loss of {@code child} on {@code idsBT}, a scalar with gradients to the child. */
  Tensor of(HeterogeneousModel child, Tensor givenBT) {
    Tensor idsBT = Tensors.move(givenBT, parent.device(), DType.INT64);
    HiddenStates parentStream;
    Tensor parentLogBTV;
    try (NoGradGuard frozen = new NoGradGuard()) {
      parentStream = HiddenStates.of(parent, idsBT);
      parentLogBTV = torch.log_softmax(parent.head(parentStream.lastBTD()), 2);
    }
    HiddenStates childStream = HiddenStates.of(child, idsBT);
    Tensor childLogBTV = torch.log_softmax(child.head(childStream.lastBTD()), 2);
    Optional<Tensor> loss = Optional.empty();
    if (settings.cosineWeight() > 0) {
      loss = plus(loss, cosine(child, parentStream, childStream), settings.cosineWeight());
    }
    if (settings.klWeight() > 0) {
      loss = plus(loss, Divergences.kl(parentLogBTV, childLogBTV).mean(), settings.klWeight());
    }
    if (settings.lmWeight() > 0) {
      loss = plus(loss, nextToken(childLogBTV, idsBT), settings.lmWeight());
    }
    return loss.orElseThrow();
  }

  /**
   * Returns the first place at which the parent or {@code child} has a value that is not finite.
   */
  String whereNotFinite(HeterogeneousModel child, Tensor givenBT) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor idsBT = Tensors.move(givenBT, parent.device(), DType.INT64);
      Optional<String> ofParent = HiddenStates.of(parent, idsBT).notFinite();
      if (ofParent.isPresent()) {
        return "the parent's " + ofParent.get();
      }
      return "the child's " + HiddenStates.of(child, idsBT).notFinite().orElse("head");
    }
  }

  /** Returns the mean KL(parent ‖ child) over the tokens of {@code idsBT}, in nats. */
  double klNats(HeterogeneousModel child, Tensor idsBT) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor parentLogBTV = torch.log_softmax(parent.logits(idsBT), 2);
      Tensor childLogBTV = torch.log_softmax(child.logits(idsBT), 2);
      return Tensors.scalar(Divergences.kl(parentLogBTV, childLogBTV).mean());
    }
  }

  private static Optional<Tensor> plus(Optional<Tensor> sum, Tensor term, double weight) {
    Tensor weighted = term.mul(new Scalar(weight));
    return Optional.of(sum.map(known -> known.add(weighted)).orElse(weighted));
  }

  /**
   * The hidden states before no-op layers are left out: there the child's are those of a later
   * layer of the parent.
   */
  private static Tensor cosine(
      HeterogeneousModel child, HiddenStates parentStream, HiddenStates childStream) {
    Optional<Tensor> sum = Optional.empty();
    int layers = child.spec().layers();
    for (int hiddenState = 1; hiddenState <= layers; hiddenState++) {
      if (hiddenState < layers && child.spec().block(hiddenState).equals(BlockSpec.NO_OP)) {
        continue;
      }
      Tensor similarity =
          torch.cosine_similarity(
              Tensors.cast(parentStream.hiddenStatesBTD().get(hiddenState), DType.FLOAT32),
              Tensors.cast(childStream.hiddenStatesBTD().get(hiddenState), DType.FLOAT32),
              2,
              EPS);
      sum = plus(sum, similarity.mean().neg().add(new Scalar(1)), 1);
    }
    return sum.orElseThrow();
  }

  private static Tensor nextToken(Tensor childLogBTV, Tensor idsBT) {
    long tokens = idsBT.size(1);
    Tensor predicted = childLogBTV.narrow(1, 0, tokens - 1).flatten(0, 1);
    Tensor targets = idsBT.narrow(1, 1, tokens - 1).flatten();
    return torch.gather(predicted, 1, targets.unsqueeze(1)).mean().neg();
  }
}
