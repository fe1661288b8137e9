package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;

final class LayerGroupTest {
  private static final Candidate ZERO = new Candidate.Ffn(0, new FfnSpec.Gated(8));
  private static final Candidate ONE = new Candidate.Ffn(1, new FfnSpec.Gated(8));
  private static final Candidate MULTI_LAYER = new Candidate.MultiLayer(1, 2, SmallParent.BLOCK);
  private static final Candidate FOUR = new Candidate.Ffn(4, new FfnSpec.Gated(8));

  private static ImmutableList<LayerGroup> groups(int layersEach) {
    return LayerGroup.of(ImmutableList.of(FOUR, ONE, ZERO, MULTI_LAYER), layersEach);
  }

  @Test
  void of_oneLayerEach_endsBehindWhatACandidateCovers() {
    assertThat(groups(1))
        .containsExactly(
            new LayerGroup(0, 1, ImmutableList.of(ZERO)),
            new LayerGroup(1, 3, ImmutableList.of(ONE, MULTI_LAYER)),
            new LayerGroup(4, 5, ImmutableList.of(FOUR)));
  }

  @Test
  void of_moreLayersEach_countsOnlyLayersWithCandidates() {
    assertThat(groups(2))
        .containsExactly(
            new LayerGroup(0, 3, ImmutableList.of(ZERO, ONE, MULTI_LAYER)),
            new LayerGroup(4, 5, ImmutableList.of(FOUR)));
    assertThat(groups(10))
        .containsExactly(new LayerGroup(0, 5, ImmutableList.of(ZERO, ONE, MULTI_LAYER, FOUR)));
  }

  @Test
  void of_nothing_isNoGroup() {
    assertThat(LayerGroup.of(ImmutableList.of(), 1)).isEmpty();
  }
}
