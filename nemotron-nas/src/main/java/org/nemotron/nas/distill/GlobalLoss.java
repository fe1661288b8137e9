package org.nemotron.nas.distill;

import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.activation.Divergences;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The loss of global knowledge distillation.
 *
 * <p>{@code a * sum over layers (1 - cos(h_child, h_parent)) + b * KL(parent ‖ child) + c * LM},
 * each a mean over tokens, in float32. {@link LayeredPass} computes it with its gradients.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, section on global knowledge distillation.
 */
final class GlobalLoss {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary.

  private static final double EPS = 1e-8;

  /** How many log-probabilities of one model there are at a time: 16 MiB. */
  private static final long CHUNK_ON_CPU = 1L << 22;

  /** The chunks of a GPU's kernel are logits in bfloat16, 1 GiB of each model. */
  private static final long CHUNK_ON_GPU = 1L << 29;

  /** LibTorch's operations make several copies of a chunk in float32. */
  private static final long CHUNK_OF_OPERATIONS = 1L << 27;

  private final HeterogeneousModel parent;
  private final GlobalDistillationSettings settings;
  private final long chunk;

  GlobalLoss(HeterogeneousModel parent, GlobalDistillationSettings settings) {
    this(parent, settings, parent.device().equals(Device.CPU) ? CHUNK_ON_CPU : CHUNK_ON_GPU);
  }

  /**
   * Makes a loss.
   *
   * @param chunk how many log-probabilities of one model there are at a time
   */
  GlobalLoss(HeterogeneousModel parent, GlobalDistillationSettings settings, long chunk) {
    this.parent = parent;
    this.settings = settings;
    this.chunk = chunk;
  }

  /**
   * Returns how many log-probabilities of one model there are at a time.
   *
   * @param tokens of a batch
   */
  static long chunkElements(ModelSpec parent, long tokens, boolean gpu) {
    return Math.min(gpu ? CHUNK_ON_GPU : CHUNK_ON_CPU, tokens * parent.vocabularySize());
  }

  HeterogeneousModel parent() {
    return parent;
  }

  /** The part of the loss that two hidden states have. */
  interface SeamTerm {
    /**
     * Adds the gradient of {@code weight} times the term to that of a leaf.
     *
     * @param childBTD the leaf, or rows of it
     * @return the weighted term, a float32 scalar without a graph, owned by the current scope
     */
    Tensor backward(Tensor parentBTD, Tensor childBTD, double weight);
  }

  /**
   * Returns the term of the hidden state before layer {@code state}. Those before no-op layers have
   * none: there the child's are those of a later layer of the parent.
   */
  Optional<SeamTerm> seam(ModelSpec child, int state) {
    boolean inside = state < child.layers();
    boolean passed = inside && child.block(state).equals(BlockSpec.NO_OP);
    return settings.cosineWeight() > 0 && !passed ? Optional.of(this::cosine) : Optional.empty();
  }

  private Tensor cosine(Tensor parentBTD, Tensor childBTD, double weight) {
    double scale = weight * settings.cosineWeight();
    if (CudaLossTerms.serve(childBTD)) {
      long tokens = childBTD.numel() / childBTD.size(-1);
      CudaLossTerms.Term term =
          CudaLossTerms.cosine(
              parentBTD.contiguous(), childBTD.detach().contiguous(), scale / tokens, EPS);
      LayeredPass.backward(childBTD, term.gradient());
      return term.loss();
    }
    return backward(
        torch
            .cosine_similarity(
                Tensors.cast(parentBTD, DType.FLOAT32),
                Tensors.cast(childBTD, DType.FLOAT32),
                -1,
                EPS)
            .mean()
            .neg()
            .add(new Scalar(1))
            .mul(new Scalar(scale)));
  }

  private static Tensor backward(Tensor term) {
    term.backward();
    return term.detach();
  }

  /** Returns how many tokens' logits are compared at a time. */
  long tokensPerChunk() {
    boolean kernel = settings.lmWeight() == 0 && parent.dtype() == DType.BFLOAT16;
    long elements = kernel ? chunk : Math.min(chunk, CHUNK_OF_OPERATIONS);
    return Math.max(1, elements / parent.spec().vocabularySize());
  }

  /**
   * Adds the gradients of the terms of the logits of some tokens, as they add to the loss of all;
   * nothing where the loss has none.
   *
   * @param parentBTD the output of the parent's last layer
   * @param childBTD the output of the child's, a leaf
   * @param first of the predictions that are learned
   * @param count of them
   * @param weight of what is added
   * @return the weighted terms, a float32 scalar without a graph, owned by the current scope
   */
  Optional<Tensor> logits(
      Tensor parentBTD,
      HeterogeneousModel child,
      Tensor childBTD,
      LearnedBatch batch,
      long first,
      long count,
      double weight) {
    if (settings.klWeight() == 0 && settings.lmWeight() == 0) {
      return Optional.empty();
    }
    if (settings.lmWeight() == 0 && CudaLossTerms.serve(childBTD)) {
      Tensor childCV = child.rawLogits(batch.chunk(childBTD, first, count));
      double scale = weight * settings.klWeight() / batch.learned();
      CudaLossTerms.Term term =
          CudaLossTerms.kl(
              rawLogits(batch.chunk(parentBTD, first, count)), childCV.detach(), scale);
      LayeredPass.backward(childCV, term.gradient());
      return Optional.of(term.loss());
    }
    Tensor childLogCV = logProbabilities(child, batch.chunk(childBTD, first, count));
    Optional<Tensor> sum = Optional.empty();
    if (settings.klWeight() > 0) {
      Tensor parentLogCV;
      try (NoGradGuard frozen = new NoGradGuard()) {
        parentLogCV = logProbabilities(parent, batch.chunk(parentBTD, first, count));
      }
      Tensor kl = Divergences.kl(parentLogCV, childLogCV).sum();
      sum = Optional.of(kl.mul(new Scalar(settings.klWeight() / batch.learned())));
    }
    if (settings.lmWeight() > 0) {
      Tensor lm = nextToken(childLogCV, batch, first, count);
      sum = Optional.of(sum.map(lm::add).orElse(lm));
    }
    return sum.map(term -> backward(term.mul(new Scalar(weight))));
  }

  private Tensor rawLogits(Tensor parentCD) {
    try (NoGradGuard frozen = new NoGradGuard()) {
      return parent.rawLogits(parentCD);
    }
  }

  private static Tensor logProbabilities(HeterogeneousModel model, Tensor statesCD) {
    return torch.log_softmax(model.head(statesCD), 1);
  }

  /** The last token of a sequence has no next one, and counts as nothing. */
  private Tensor nextToken(Tensor childLogCV, LearnedBatch batch, long first, long count) {
    Tensor ofTargetsC =
        torch.gather(childLogCV, 1, batch.targetsC(first, count).unsqueeze(1)).squeeze(1);
    if (batch.placesP().isPresent()) {
      return ofTargetsC.sum().mul(new Scalar(-settings.lmWeight() / batch.learned()));
    }
    Tensor idsBT = batch.idsBT();
    long tokens = idsBT.size(1);
    double share = settings.lmWeight() / (idsBT.size(0) * (tokens - 1));
    Tensor countedBT = torch.ones_like(idsBT);
    countedBT.narrow(1, tokens - 1, 1).zero_();
    Tensor countedC = countedBT.flatten().narrow(0, first, count);
    return ofTargetsC.mul(countedC).sum().mul(new Scalar(-share));
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
  double klNats(HeterogeneousModel child, Tensor givenBT) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor idsBT = Tensors.move(givenBT, parent.device(), DType.INT64);
      return klNats(last(parent, idsBT), child, last(child, idsBT), idsBT);
    }
  }

  /**
   * Returns the same of what both models computed, of which nothing but final norm and head is
   * needed.
   *
   * @param parentBTD the output of the parent's last layer
   * @param childBTD the output of the child's
   */
  double klNats(Tensor parentBTD, HeterogeneousModel child, Tensor childBTD, Tensor idsBT) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      LearnedBatch whole = LearnedBatch.all(idsBT);
      double sum = 0;
      long most =
          Math.max(1, Math.min(chunk, CHUNK_OF_OPERATIONS) / parent.spec().vocabularySize());
      for (long first = 0; first < idsBT.numel(); first += most) {
        long count = Math.min(most, idsBT.numel() - first);
        try (NativeScope ofChunk = NativeScope.open()) {
          Tensor parentLogCV = logProbabilities(parent, whole.chunk(parentBTD, first, count));
          Tensor childLogCV = logProbabilities(child, whole.chunk(childBTD, first, count));
          sum += Tensors.scalar(Divergences.kl(parentLogCV, childLogCV).sum());
        }
      }
      return sum / idsBT.numel();
    }
  }

  private static Tensor last(HeterogeneousModel model, Tensor idsBT) {
    Tensor hidden = model.embed(idsBT);
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      Block block = model.block(layer);
      Tensor before = hidden;
      hidden = NativeScope.only(() -> block.forward(before));
    }
    return hidden;
  }
}
