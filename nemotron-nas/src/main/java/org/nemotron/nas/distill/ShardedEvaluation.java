package org.nemotron.nas.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.EvaluationBatches;

/** Measures a child that is divided among ranks; each rank has some of the batches. */
final class ShardedEvaluation {
  // Shape letters in this file: B = batch, T = tokens, D = model width.

  private final GlobalDistillationSettings settings;
  private final PassedModel parent;
  private final ShardedModel child;
  private final Communicator ranks;
  private final TensorThreads sideBySide;

  ShardedEvaluation(
      GlobalDistillationSettings settings,
      PassedModel parent,
      ShardedModel child,
      Communicator ranks,
      TensorThreads sideBySide) {
    this.settings = settings;
    this.parent = parent;
    this.child = child;
    this.ranks = ranks;
    this.sideBySide = sideBySide;
  }

  /**
   * Returns the mean KL(parent ‖ child) over the tokens of {@code heldOut}, in nats: that of one
   * process to the last bit, since each sequence is computed by itself and all are added in their
   * order.
   */
  double klNats(EvaluationBatches heldOut) {
    double[] own = new double[heldOut.batches()];
    for (int first = 0; first < own.length; first += ranks.size()) {
      int batch = first + ranks.rank();
      try (NativeScope scope = NativeScope.open()) {
        List<Tensor> rows = batch < own.length ? rows(heldOut.batch(batch)) : List.of();
        double[] ofRows = ofRows(rows);
        if (batch < own.length) {
          own[batch] = Arrays.stream(ofRows).reduce(0, Double::sum);
        }
      }
    }
    double sum = 0;
    for (double ofBatch : new RankSums(ranks).of(own)) {
      sum += ofBatch;
    }
    return sum / heldOut.windows();
  }

  private static List<Tensor> rows(Tensor idsBT) {
    List<Tensor> rows = new ArrayList<>();
    for (long row = 0; row < idsBT.size(0); row++) {
      rows.add(idsBT.narrow(0, row, 1));
    }
    return rows;
  }

  private double[] ofRows(List<Tensor> rows) {
    double[] klNats = new double[rows.size()];
    List<Integer> indices = IntStream.range(0, klNats.length).boxed().toList();
    try (Resources held = new Resources();
        Streams ofParent = new Streams(klNats.length);
        Streams ofChild = new Streams(klNats.length)) {
      HeterogeneousModel parentOutside = parent.outside(held);
      HeterogeneousModel childOutside = child.outside(held);
      sideBySide.forEach(
          indices,
          row -> {
            ofParent.begin(row, parentOutside, rows.get(row));
            ofChild.begin(row, childOutside, rows.get(row));
          });
      for (int layer = 0; layer < child.spec().layers(); layer++) {
        try (Resources until = new Resources()) {
          Block parentBlock = parent.block(layer, parentOutside, until);
          Block childBlock = child.block(layer, childOutside, until);
          parent.ahead(layer + 1);
          child.ahead(layer + 1);
          sideBySide.forEach(
              indices,
              row -> {
                ofParent.advance(row, parentBlock);
                ofChild.advance(row, childBlock);
              });
        }
      }
      GlobalLoss loss = new GlobalLoss(parentOutside, settings);
      sideBySide.forEach(
          indices,
          row ->
              klNats[row] =
                  loss.klNats(ofParent.last(row), childOutside, ofChild.last(row), rows.get(row)));
    }
    return klNats;
  }

  /** Hidden states of sequences on their way through a model. */
  private static final class Streams implements AutoCloseable {
    private final List<Optional<Tensor>> statesBTD = new ArrayList<>();

    Streams(int rows) {
      for (int row = 0; row < rows; row++) {
        statesBTD.add(Optional.empty());
      }
    }

    void begin(int row, HeterogeneousModel model, Tensor idsBT) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard()) {
        statesBTD.set(row, Optional.of(NativeScope.keep(model.embed(idsBT))));
      }
    }

    void advance(int row, Block block) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard()) {
        Tensor before = last(row);
        statesBTD.set(row, Optional.of(NativeScope.keep(block.forward(before))));
        NativeScope.release(before);
      }
    }

    Tensor last(int row) {
      return statesBTD.get(row).orElseThrow();
    }

    @Override
    public void close() {
      statesBTD.forEach(state -> state.ifPresent(NativeScope::release));
    }
  }

  /**
   * Returns the first place at which parent or child has a value that is not finite.
   *
   * @param ownBT this rank's sequences; empty where it has none
   */
  String whereNotFinite(Optional<Tensor> ownBT) {
    Optional<String> ofParent = firstOfAll(parent, ownBT);
    Optional<String> ofChild = firstOfAll(child, ownBT);
    return ofParent
        .map(place -> "the parent's " + place)
        .orElseGet(() -> "the child's " + ofChild.orElse("head"));
  }

  private Optional<String> firstOfAll(PassedModel model, Optional<Tensor> ownBT) {
    return first(ranks, "where values are not finite", first(model, ownBT));
  }

  /** A place, and its number among all places. */
  record Place(int number, String name) {}

  /** Returns the first of what all ranks have found. */
  static Optional<String> first(Communicator ranks, String what, Optional<Place> own) {
    String text = own.map(place -> place.number() + " " + place.name()).orElse("");
    return ranks.gathered(what, text).stream()
        .filter(found -> !found.isEmpty())
        .map(
            found ->
                new Place(
                    Integer.parseInt(found.substring(0, found.indexOf(' '))),
                    found.substring(found.indexOf(' ') + 1)))
        .min(Comparator.comparingInt(Place::number))
        .map(Place::name);
  }

  /** All layers are gathered, whatever is found: other ranks do so too. */
  private Optional<Place> first(PassedModel model, Optional<Tensor> ownBT) {
    Optional<Place> found = Optional.empty();
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        Resources held = new Resources()) {
      HeterogeneousModel outside = model.outside(held);
      Optional<Tensor> stateBTD = ownBT.map(outside::embed);
      for (int layer = 0; layer < model.spec().layers(); layer++) {
        try (Resources until = new Resources()) {
          Block block = model.block(layer, outside, until);
          if (found.isPresent() || stateBTD.isEmpty()) {
            continue;
          }
          HiddenStates ofLayer =
              HiddenStates.of(
                  index -> block,
                  stateBTD.orElseThrow(),
                  layer,
                  layer + 1,
                  sideBySide,
                  HiddenStates.Place.DEVICE);
          int number = layer;
          found = ofLayer.notFinite().map(place -> new Place(number, place));
          stateBTD = Optional.of(ofLayer.lastBTD());
        }
      }
    }
    return found;
  }
}
