package org.nemotron.nas.score;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Lists;
import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.nas.OffloadedParent;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.library.SearchSpace;

final class LayeredScoringTest {
  /** Of three layers, runs of two resume where single layers begin that are scored before them. */
  private static final SearchSpace SPACE = SmallParent.SPACE.toBuilder().multiLayer(2, 3).build();

  /** Returns the rows of all passes of a batch, of one candidate each where they are many. */
  private static Map<Integer, List<Float>> rows(int perPass, int candidatesAtATime, int threads) {
    CpuThreads.perOperation(1);
    Map<Integer, List<Float>> rows = new ConcurrentHashMap<>();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel parent = OffloadedParent.offloaded();
        BlockLibrary library =
            new Calibrator(InitSettings.DEFAULT).calibrate(parent, SPACE, SmallParent.training());
        LayerStreamer feed = LayerStreamer.of(parent);
        TensorThreads sideBySide = new TensorThreads(threads)) {
      new LayeredScoring(library, feed, sideBySide)
          .score(
              passes(library, perPass),
              SmallParent.heldOut().batch(0),
              candidatesAtATime,
              "test",
              (pass, values) -> rows.put(pass, Floats.asList(values)));
    }
    return new TreeMap<>(rows);
  }

  private static List<List<Candidate>> passes(BlockLibrary library, int perPass) {
    Map<Integer, List<Candidate>> byLayer = new TreeMap<>();
    library.candidates().stream()
        .sorted(Comparator.comparingInt(Candidate::layer).reversed())
        .forEach(
            one ->
                byLayer
                    .computeIfAbsent(BlockScorer.resumesAt(one), layer -> new ArrayList<>())
                    .add(one));
    List<List<Candidate>> passes = new ArrayList<>();
    byLayer.values().forEach(some -> passes.addAll(Lists.partition(some, perPass)));
    return passes;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 5, 8, 13})
  void score_fewCandidatesAtATime_givesTheRowsOfAllAtATime(int candidatesAtATime) {
    assertThat(rows(1, candidatesAtATime, 2)).isEqualTo(rows(1, Integer.MAX_VALUE, 1));
  }

  @Test
  void score_passesOfThree_areAsManyRowsInAnyWaves() {
    Map<Integer, List<Float>> all = rows(3, Integer.MAX_VALUE, 2);
    assertThat(all).isNotEmpty();
    assertThat(rows(3, 4, 2)).isEqualTo(all);
  }
}
