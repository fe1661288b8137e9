package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import java.util.stream.Stream;
import org.nemotron.core.checkpoint.ServingEngine;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Which alternatives a layer may have. Immutable.
 *
 * <p>The default is the paper's: key/value heads 8, 4, 2 and 1, a linear layer or nothing; channels
 * of 87, 75, 50, 25, 20 and 10 %, a linear layer or nothing: 6 by 9 with the parent's own. What is
 * not smaller than the parent's own sub-block is left out.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, search space.
 *
 * @param kvHeads key/value heads to try
 * @param ffnFractions shares of the parent's channels to try, above 0 and below 1
 * @param channelMultiple widths are rounded to the nearest positive multiple of this
 * @param linearAttention whether attention may become a linear layer
 * @param noAttention whether attention may be left out
 * @param linearFfn whether the network may become a linear layer
 * @param noFfn whether the network may be left out
 * @param coveredLayers how many consecutive layers one block of the parent's shape may stand in
 *     for; each at least 2
 * @param firstAttention whether the first layer keeps attention
 */
public record SearchSpace(
    ImmutableList<Integer> kvHeads,
    ImmutableList<Double> ffnFractions,
    int channelMultiple,
    boolean linearAttention,
    boolean noAttention,
    boolean linearFfn,
    boolean noFfn,
    ImmutableList<Integer> coveredLayers,
    boolean firstAttention) {

  /** The paper's 6 by 9, and pairs of layers imitated by one block. */
  public static final SearchSpace PAPER =
      new SearchSpace(
          ImmutableList.of(8, 4, 2, 1),
          ImmutableList.of(0.87, 0.75, 0.5, 0.25, 0.2, 0.1),
          8,
          true,
          true,
          true,
          true,
          ImmutableList.of(2));

  /** Only leaving sub-blocks out: the paper's baseline. */
  public static final SearchSpace NO_OPS =
      new SearchSpace(
          ImmutableList.of(), ImmutableList.of(), 8, false, true, false, true, ImmutableList.of());

  /** Makes a space in which the first layer is free like all others. */
  public SearchSpace(
      ImmutableList<Integer> kvHeads,
      ImmutableList<Double> ffnFractions,
      int channelMultiple,
      boolean linearAttention,
      boolean noAttention,
      boolean linearFfn,
      boolean noFfn,
      ImmutableList<Integer> coveredLayers) {
    this(
        kvHeads,
        ffnFractions,
        channelMultiple,
        linearAttention,
        noAttention,
        linearFfn,
        noFfn,
        coveredLayers,
        false);
  }

  /** Checks the ranges. */
  public SearchSpace {
    kvHeads.forEach(heads -> checkArgument(heads > 0, "kvHeads (%s) must be positive", heads));
    ffnFractions.forEach(
        share ->
            checkArgument(
                share > 0 && share < 1, "ffnFractions (%s) must lie between 0 and 1", share));
    coveredLayers.forEach(
        covers -> checkArgument(covers >= 2, "coveredLayers (%s) must be at least 2", covers));
    checkArgument(channelMultiple > 0, "channelMultiple (%s) must be positive", channelMultiple);
  }

  /**
   * Returns this space without what one of {@code engines} does not load, so that they all load
   * every child of a parent that they load.
   *
   * <p>A parent with normalized heads (Qwen3) is beyond this: see {@link
   * org.nemotron.core.checkpoint.Portability}.
   */
  public SearchSpace portableTo(ServingEngine... engines) {
    boolean linear = Arrays.stream(engines).allMatch(ServingEngine::loadsLinear);
    boolean anyKvCount = Arrays.stream(engines).noneMatch(ServingEngine::wantsOneKvCount);
    boolean first = Arrays.stream(engines).anyMatch(ServingEngine::wantsFirstAttention);
    return new SearchSpace(
        anyKvCount ? kvHeads : ImmutableList.of(),
        ffnFractions,
        channelMultiple,
        linearAttention && linear,
        noAttention,
        linearFfn && linear,
        noFfn,
        coveredLayers,
        firstAttention || first);
  }

  /** Returns the attentions that a layer may have instead of {@code own}, largest first. */
  public ImmutableList<AttentionSpec> attentionAlternatives(AttentionSpec own) {
    ImmutableSet.Builder<AttentionSpec> found = ImmutableSet.builder();
    if (own instanceof AttentionSpec.GroupedQuery parent) {
      kvHeads.stream()
          .filter(heads -> heads < parent.kvHeads() && parent.kvHeads() % heads == 0)
          .map(parent::withKvHeads)
          .forEach(found::add);
      if (linearAttention) {
        found.add(new AttentionSpec.Linear());
      }
    }
    if (noAttention && !(own instanceof AttentionSpec.NoOp)) {
      found.add(new AttentionSpec.NoOp());
    }
    return found.build().asList();
  }

  /** Returns the networks that a layer may have instead of {@code own}, largest first. */
  public ImmutableList<FfnSpec> ffnAlternatives(FfnSpec own) {
    ImmutableSet.Builder<FfnSpec> found = ImmutableSet.builder();
    if (own instanceof FfnSpec.Gated parent) {
      ffnFractions.stream()
          .map(share -> rounded(share * parent.channels()))
          .filter(channels -> channels < parent.channels())
          .map(FfnSpec.Gated::new)
          .forEach(found::add);
      if (linearFfn) {
        found.add(new FfnSpec.Linear());
      }
    }
    if (noFfn && !(own instanceof FfnSpec.NoOp)) {
      found.add(new FfnSpec.NoOp());
    }
    return found.build().asList();
  }

  private int rounded(double channels) {
    return Math.max(1, (int) Math.round(channels / channelMultiple)) * channelMultiple;
  }

  /** Returns the attentions that occur in {@code parent} or may take their place; not the no-op. */
  public ImmutableSet<AttentionSpec> attentions(ModelSpec parent) {
    return parent.blocks().stream()
        .map(BlockSpec::attention)
        .flatMap(own -> Stream.concat(Stream.of(own), attentionAlternatives(own).stream()))
        .filter(spec -> !(spec instanceof AttentionSpec.NoOp))
        .collect(ImmutableSet.toImmutableSet());
  }

  /** Returns the networks that occur in {@code parent} or may take their place; not the no-op. */
  public ImmutableSet<FfnSpec> ffns(ModelSpec parent) {
    return parent.blocks().stream()
        .map(BlockSpec::ffn)
        .flatMap(own -> Stream.concat(Stream.of(own), ffnAlternatives(own).stream()))
        .filter(spec -> !(spec instanceof FfnSpec.NoOp))
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Returns every alternative of every layer of {@code parent}; the parent's own are not among
   * them.
   */
  public ImmutableList<Candidate> candidates(ModelSpec parent) {
    ImmutableList.Builder<Candidate> all = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      BlockSpec own = parent.block(layer);
      for (AttentionSpec spec : attentionAlternatives(own.attention())) {
        if (layer > 0 || !firstAttention || !(spec instanceof AttentionSpec.NoOp)) {
          all.add(new Candidate.Attention(layer, spec));
        }
      }
      for (FfnSpec spec : ffnAlternatives(own.ffn())) {
        all.add(new Candidate.Ffn(layer, spec));
      }
      for (int covers : coveredLayers) {
        if (layer + covers <= parent.layers() && !own.equals(BlockSpec.NO_OP)) {
          all.add(new Candidate.Whole(layer, covers, own));
        }
      }
    }
    return all.build();
  }
}
