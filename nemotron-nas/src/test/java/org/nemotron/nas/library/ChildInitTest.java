package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Longs;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.InitSettings.KvHeadStart;

final class ChildInitTest {
  /** Float32 sums of some dozens of terms in another order. */
  private static final double TOLERANCE = 1e-5;

  /** With gate(x) = c for large c, silu(c) = c to the last bit, and the products grow with c. */
  private static final double OPEN_GATE_TOLERANCE = 1e-4;

  private NativeScope scope;
  private HeterogeneousModel parent;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    // Four key/value heads, so that there is something to pool and to choose from.
    AttentionSpec attention = new AttentionSpec.GroupedQuery(4, 4, 10);
    ModelSpec spec = SmallParent.spec(ImmutableList.of(new BlockSpec(attention, SmallParent.FFN)));
    parent = SmallParent.model(spec, 5);
  }

  @AfterEach
  void close() {
    parent.close();
    scope.close();
  }

  private static Tensor hidden(int tokens) {
    return SmallParent.random(Shapes.of(2, tokens, SmallParent.WIDTH), new Seed(6));
  }

  private NamedTensors start(Candidate candidate, KvHeadStart kvHeads, int... headsByImportance) {
    int[] channels = IntStream.range(0, SmallParent.CHANNELS).map(i -> (i * 7) % 48).toArray();
    LayerRanking ranking =
        new LayerRanking(
            ImmutableIntArray.copyOf(channels),
            ImmutableIntArray.copyOf(headsByImportance),
            ImmutableMap.of());
    return new ChildInit(parent, ImmutableList.of(ranking), kvHeads).of(candidate);
  }

  /** Returns what the candidate attention says, and what the parent's says. */
  private void assertSameAttention(AttentionSpec spec, NamedTensors weights, Tensor hidden) {
    try (SubBlock child = SubBlock.attention(spec, weights, parent.rotary(), 1e-5)) {
      Tensor wanted = parent.block(0).attention().forward(hidden);
      Tensor actual = child.forward(hidden);
      assertThat(actual.sub(wanted).abs().max().item_double()).isLessThan(TOLERANCE);
      assertThat(wanted.sub(hidden).abs().max().item_double()).isGreaterThan(0.1);
    }
  }

  private Tensor own(String name) {
    return parent.block(0).attention().tensors().get(name);
  }

  private static Tensor rowsOfHead(Tensor weight, int head) {
    return weight.narrow(0, 10L * head, 10);
  }

  @Test
  void meanPooling_neighboringHeadsEqual_leavesTheOutputUnchanged() {
    for (String name : new String[] {"self_attn.k_proj.weight", "self_attn.v_proj.weight"}) {
      rowsOfHead(own(name), 1).copy_(rowsOfHead(own(name), 0));
      rowsOfHead(own(name), 3).copy_(rowsOfHead(own(name), 2));
    }
    AttentionSpec two = new AttentionSpec.GroupedQuery(4, 2, 10);
    try (NamedTensors weights = start(new Candidate.Attention(0, two), KvHeadStart.MEAN_POOLING)) {
      assertSameAttention(two, weights, hidden(7));
    }
  }

  @Test
  void meanPooling_headsThatDiffer_takesTheMeanOfNeighbors() {
    AttentionSpec two = new AttentionSpec.GroupedQuery(4, 2, 10);
    try (NamedTensors weights = start(new Candidate.Attention(0, two), KvHeadStart.MEAN_POOLING)) {
      Tensor keys = own("self_attn.k_proj.weight");
      Tensor mean = rowsOfHead(keys, 2).add(rowsOfHead(keys, 3)).div(new Scalar(2));
      Tensor pooled = rowsOfHead(weights.get("self_attn.k_proj.weight"), 1);
      assertThat(pooled.sub(mean).abs().max().item_double()).isLessThan(TOLERANCE);
    }
  }

  /** Makes the parent one with biases and norms of heads. */
  private AttentionSpec.GroupedQuery giveParentEveryTrait() {
    parent.close();
    AttentionSpec.GroupedQuery attention =
        new AttentionSpec.GroupedQuery(4, 4, 10, ImmutableSet.copyOf(AttentionTrait.values()));
    parent =
        SmallParent.model(
            SmallParent.spec(ImmutableList.of(new BlockSpec(attention, SmallParent.FFN))), 5);
    return attention;
  }

  @Test
  void meanPooling_biasesAndNormsOfHeads_arePooledOrKept() {
    AttentionSpec two = giveParentEveryTrait().withKvHeads(2);
    for (String name :
        new String[] {
          "self_attn.k_proj.weight",
          "self_attn.k_proj.bias",
          "self_attn.v_proj.weight",
          "self_attn.v_proj.bias"
        }) {
      rowsOfHead(own(name), 1).copy_(rowsOfHead(own(name), 0));
      rowsOfHead(own(name), 3).copy_(rowsOfHead(own(name), 2));
    }
    try (NamedTensors weights = start(new Candidate.Attention(0, two), KvHeadStart.MEAN_POOLING)) {
      assertSameAttention(two, weights, hidden(7));
    }
  }

  @Test
  void bestHeads_biasesAndNormsOfHeads_goWithTheirHeads() {
    AttentionSpec two = giveParentEveryTrait().withKvHeads(2);
    Tensor output = own("self_attn.o_proj.weight");
    output.narrow(1, 0, 10).zero_();
    output.narrow(1, 20, 10).zero_();
    try (NamedTensors weights =
        start(new Candidate.Attention(0, two), KvHeadStart.BEST_HEADS, 3, 1, 0, 2)) {
      assertSameAttention(two, weights, hidden(7));
    }
  }

  @Test
  void bestHeads_headsLeftOutAreDead_leavesTheOutputUnchanged() {
    Tensor output = own("self_attn.o_proj.weight");
    output.narrow(1, 0, 10).zero_();
    output.narrow(1, 20, 10).zero_();
    AttentionSpec two = new AttentionSpec.GroupedQuery(4, 2, 10);
    // Heads 3 and 1 are kept; the order of importance is not its own inverse.
    try (NamedTensors weights =
        start(new Candidate.Attention(0, two), KvHeadStart.BEST_HEADS, 3, 1, 0, 2)) {
      assertSameAttention(two, weights, hidden(7));
    }
  }

  @Test
  void bestHeads_headsLeftOutAreAlive_theirQueriesStartWithoutEffect() {
    AttentionSpec one = new AttentionSpec.GroupedQuery(4, 1, 10);
    try (NamedTensors weights =
        start(new Candidate.Attention(0, one), KvHeadStart.BEST_HEADS, 2, 0, 3, 1)) {
      Tensor values = weights.get("self_attn.v_proj.weight");
      assertThat(Tensors.floats(values))
          .isEqualTo(Tensors.floats(rowsOfHead(own("self_attn.v_proj.weight"), 2)));
      float[] perHead = new float[4];
      Tensor output = weights.get("self_attn.o_proj.weight");
      for (int head = 0; head < 4; head++) {
        perHead[head] = (float) output.narrow(1, 10L * head, 10).abs().sum().item_double();
      }
      assertThat(perHead[0]).isPositive();
      assertThat(perHead).endsWith(0, 0, 0);
    }
  }

  @Test
  void linearAttention_sequencesOfOneToken_equalsAttention() {
    AttentionSpec linear = new AttentionSpec.Linear();
    try (NamedTensors weights =
        start(new Candidate.Attention(0, linear), KvHeadStart.MEAN_POOLING)) {
      assertSameAttention(linear, weights, hidden(1));
    }
  }

  @Test
  void linearAttention_groupedHeads_equalsAttentionOnOneToken() {
    parent.close();
    parent = SmallParent.model(SmallParent.spec(ImmutableList.of(SmallParent.BLOCK)), 8);
    AttentionSpec linear = new AttentionSpec.Linear();
    try (NamedTensors weights =
        start(new Candidate.Attention(0, linear), KvHeadStart.MEAN_POOLING)) {
      assertSameAttention(linear, weights, hidden(1));
    }
  }

  @Test
  void linearFfn_gateOpenEverywhere_equalsTheNetworkUpToTheGate() {
    // The norm's first element is made constant; the gate reads it alone: gate(x) = c for all x.
    NamedTensors own = parent.block(0).ffn().tensors();
    Tensor gate = own.get("mlp.gate_proj.weight");
    gate.zero_();
    gate.select(1, 0).fill_(new Scalar(8));
    Tensor hidden = hidden(5);
    // All rows get the same norm and the same first element, so that the gate is one number.
    hidden.select(2, 0).fill_(new Scalar(2));
    Tensor rest = hidden.narrow(2, 1, SmallParent.WIDTH - 1L);
    rest.div_(
        rest.norm(new org.bytedeco.pytorch.ScalarOptional(new Scalar(2)), new long[] {2}, true));
    FfnSpec linear = new FfnSpec.Linear();
    try (NamedTensors weights = start(new Candidate.Ffn(0, linear), KvHeadStart.MEAN_POOLING);
        SubBlock child = SubBlock.ffn(linear, weights, 1e-5)) {
      double first = 2 / Math.sqrt((4 + 1) / (double) SmallParent.WIDTH + 1e-5);
      double open =
          8 * first * own.get("post_attention_layernorm.weight").select(0, 0).item_double();
      double silu = open / (1 + Math.exp(-open));
      Tensor wanted = parent.block(0).ffn().forward(hidden).sub(hidden);
      Tensor actual = child.forward(hidden).sub(hidden).mul(new Scalar(silu));
      double size = wanted.abs().max().item_double();
      assertThat(actual.sub(wanted).abs().max().item_double() / size)
          .isLessThan(OPEN_GATE_TOLERANCE);
    }
  }

  @Test
  void narrowFfn_rankedChannels_keepsTheMostImportantOnesInTheirOrder() {
    // The ranking is 0, 7, 14, 21, 28, 35, 42, 1, ...: channels by importance, not ranks.
    try (NamedTensors weights =
        start(new Candidate.Ffn(0, new FfnSpec.Gated(8)), KvHeadStart.MEAN_POOLING)) {
      Tensor kept = Tensors.of(new long[] {0, 1, 7, 14, 21, 28, 35, 42}, 8);
      NamedTensors own = parent.block(0).ffn().tensors();
      for (String name : new String[] {"mlp.gate_proj.weight", "mlp.up_proj.weight"}) {
        assertThat(Tensors.floats(weights.get(name)))
            .isEqualTo(Tensors.floats(own.get(name).index_select(0, kept)));
      }
      assertThat(Tensors.floats(weights.get("mlp.down_proj.weight")))
          .isEqualTo(Tensors.floats(own.get("mlp.down_proj.weight").index_select(1, kept)));
    }
  }

  @Test
  void of_anyCandidate_doesNotShareMemoryWithTheParent() {
    AttentionSpec two = new AttentionSpec.GroupedQuery(4, 2, 10);
    try (NamedTensors weights = start(new Candidate.Attention(0, two), KvHeadStart.MEAN_POOLING)) {
      weights.asMap().values().forEach(Tensor::zero_);
    }
    assertThat(Longs.asList(own("self_attn.q_proj.weight").shape())).containsExactly(40L, 32L);
    assertThat(own("self_attn.q_proj.weight").abs().sum().item_double()).isPositive();
    assertThat(own("input_layernorm.weight").abs().sum().item_double()).isPositive();
  }
}
