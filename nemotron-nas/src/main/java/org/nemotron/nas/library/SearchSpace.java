package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Ints;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.nemotron.core.checkpoint.ServingEngine;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Which alternatives a layer may have. Immutable.
 *
 * <p>{@link #PAPER} is the paper's: key/value heads 8, 4, 2 and 1, a linear layer or a no-op;
 * intermediate sizes of 87, 75, 50, 25, 20 and 10 %, a linear layer or a no-op: 6 by 9 with the
 * parent's own. What is not smaller than the parent's own sub-block is left out; a value of lists
 * other than the paper's, of which nothing can be made in any layer, is refused by {@link
 * #candidates}.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, search space.
 *
 * @param kvHeads key/value heads to try
 * @param ffnFractions shares of the parent's intermediate size to try, above 0 and below 1
 * @param channelMultiple intermediate sizes are rounded to the nearest positive multiple of this
 * @param linearAttention whether an attention may become a linear layer
 * @param noOpAttention whether an attention may be left out
 * @param linearFfn whether an FFN may become a linear layer
 * @param noOpFfn whether an FFN may be left out
 * @param multiLayer how many consecutive layers one block of the parent's shape may replace; each
 *     at least 2
 * @param keepFirstAttention whether the first layer keeps an attention
 * @param keepLayers layers that stay as in the parent, wholly; -1 is the last, -2 the one before it
 */
public record SearchSpace(
    ImmutableList<Integer> kvHeads,
    ImmutableList<Double> ffnFractions,
    int channelMultiple,
    boolean linearAttention,
    boolean noOpAttention,
    boolean linearFfn,
    boolean noOpFfn,
    ImmutableList<Integer> multiLayer,
    boolean keepFirstAttention,
    ImmutableList<Integer> keepLayers) {

  /** The paper's 6 by 9, and pairs of layers imitated by one block. */
  public static final SearchSpace PAPER =
      builder()
          .kvHeads(8, 4, 2, 1)
          .ffnFractions(0.87, 0.75, 0.5, 0.25, 0.2, 0.1)
          .linearAttention(true)
          .noOpAttention(true)
          .linearFfn(true)
          .noOpFfn(true)
          .multiLayer(2)
          .build();

  /** Only leaving sub-blocks out: the paper's baseline. */
  public static final SearchSpace NO_OPS = builder().noOpAttention(true).noOpFfn(true).build();

  /** Makes a space in which every layer may change. */
  public SearchSpace(
      ImmutableList<Integer> kvHeads,
      ImmutableList<Double> ffnFractions,
      int channelMultiple,
      boolean linearAttention,
      boolean noOpAttention,
      boolean linearFfn,
      boolean noOpFfn,
      ImmutableList<Integer> multiLayer,
      boolean keepFirstAttention) {
    this(
        kvHeads,
        ffnFractions,
        channelMultiple,
        linearAttention,
        noOpAttention,
        linearFfn,
        noOpFfn,
        multiLayer,
        keepFirstAttention,
        ImmutableList.of());
  }

  /** Checks the ranges. */
  public SearchSpace {
    kvHeads.forEach(heads -> checkArgument(heads > 0, "kvHeads (%s) must be positive", heads));
    ffnFractions.forEach(
        share ->
            checkArgument(
                share > 0 && share < 1, "ffnFractions (%s) must lie between 0 and 1", share));
    multiLayer.forEach(
        layers -> checkArgument(layers >= 2, "multiLayer (%s) must be at least 2", layers));
    checkArgument(channelMultiple > 0, "channelMultiple (%s) must be positive", channelMultiple);
  }

  /** Returns a builder of a space without any alternative. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that has the settings of this space. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.kvHeads = kvHeads;
    builder.ffnFractions = ffnFractions;
    builder.channelMultiple = channelMultiple;
    builder.linearAttention = linearAttention;
    builder.noOpAttention = noOpAttention;
    builder.linearFfn = linearFfn;
    builder.noOpFfn = noOpFfn;
    builder.multiLayer = multiLayer;
    builder.keepFirstAttention = keepFirstAttention;
    builder.keepLayers = keepLayers;
    return builder;
  }

  /** Builds a {@link SearchSpace}; what is not set is no alternative. */
  public static final class Builder {
    private ImmutableList<Integer> kvHeads = ImmutableList.of();
    private ImmutableList<Double> ffnFractions = ImmutableList.of();
    private int channelMultiple = 8;
    private boolean linearAttention;
    private boolean noOpAttention;
    private boolean linearFfn;
    private boolean noOpFfn;
    private ImmutableList<Integer> multiLayer = ImmutableList.of();
    private boolean keepFirstAttention;
    private ImmutableList<Integer> keepLayers = ImmutableList.of();

    private Builder() {}

    /** Sets the numbers of key/value heads to try: each divides the parent's where it is used. */
    public Builder kvHeads(int... heads) {
      kvHeads = ImmutableList.copyOf(Ints.asList(heads));
      return this;
    }

    /** Sets the shares of the parent's intermediate size to try. */
    public Builder ffnFractions(double... shares) {
      ffnFractions = ImmutableList.copyOf(Doubles.asList(shares));
      return this;
    }

    /** Sets what intermediate sizes are multiples of; 8 unless set. */
    public Builder channelMultiple(int multiple) {
      channelMultiple = multiple;
      return this;
    }

    /** Sets whether an attention may become a linear layer. */
    public Builder linearAttention(boolean allowed) {
      linearAttention = allowed;
      return this;
    }

    /** Sets whether an attention may be left out. */
    public Builder noOpAttention(boolean allowed) {
      noOpAttention = allowed;
      return this;
    }

    /** Sets whether an FFN may become a linear layer. */
    public Builder linearFfn(boolean allowed) {
      linearFfn = allowed;
      return this;
    }

    /** Sets whether an FFN may be left out. */
    public Builder noOpFfn(boolean allowed) {
      noOpFfn = allowed;
      return this;
    }

    /** Sets how many consecutive layers one block of the parent's shape may replace. */
    public Builder multiLayer(int... layers) {
      multiLayer = ImmutableList.copyOf(Ints.asList(layers));
      return this;
    }

    /** Sets whether the first layer keeps an attention, as some engines want it. */
    public Builder keepFirstAttention(boolean kept) {
      keepFirstAttention = kept;
      return this;
    }

    /**
     * Sets the layers that stay as in the parent; negative ones count from the end, so that {@code
     * keepLayers(0, -1)} keeps the first and the last.
     */
    public Builder keepLayers(int... layers) {
      keepLayers = ImmutableList.copyOf(Ints.asList(layers));
      return this;
    }

    /**
     * Returns the space.
     *
     * @throws IllegalArgumentException if a value is out of its range
     */
    public SearchSpace build() {
      return new SearchSpace(
          kvHeads,
          ffnFractions,
          channelMultiple,
          linearAttention,
          noOpAttention,
          linearFfn,
          noOpFfn,
          multiLayer,
          keepFirstAttention,
          keepLayers);
    }
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
    boolean oneKvCount = Arrays.stream(engines).anyMatch(ServingEngine::wantsOneKvCount);
    boolean first = Arrays.stream(engines).anyMatch(ServingEngine::wantsFirstAttention);
    return toBuilder()
        .kvHeads(oneKvCount ? new int[0] : Ints.toArray(kvHeads))
        .linearAttention(linearAttention && linear)
        .linearFfn(linearFfn && linear)
        .keepFirstAttention(keepFirstAttention || first)
        .build();
  }

  /** Returns the attentions that a layer may have instead of {@code own}, largest first. */
  public ImmutableList<AttentionSpec> attentionAlternatives(AttentionSpec own) {
    ImmutableSet.Builder<AttentionSpec> found = ImmutableSet.builder();
    found.addAll(own.accept(new CheaperAttentions()));
    if (noOpAttention && !own.isNoOp()) {
      found.add(new AttentionSpec.NoOp());
    }
    return found.build().asList();
  }

  /** What an attention may become beside a no-op. */
  private final class CheaperAttentions implements AttentionSpec.Visitor<List<AttentionSpec>> {
    @Override
    public List<AttentionSpec> visit(AttentionSpec.GroupedQuery parent) {
      List<AttentionSpec> found = new ArrayList<>();
      kvHeads.stream()
          .filter(heads -> heads < parent.kvHeads() && parent.kvHeads() % heads == 0)
          .map(parent::withKvHeads)
          .forEach(found::add);
      if (linearAttention) {
        found.add(new AttentionSpec.Linear());
      }
      return found;
    }

    @Override
    public List<AttentionSpec> visit(AttentionSpec.Linear parent) {
      return ImmutableList.of();
    }

    @Override
    public List<AttentionSpec> visit(AttentionSpec.NoOp parent) {
      return ImmutableList.of();
    }
  }

  /** Returns the FFNs that a layer may have instead of {@code own}, largest first. */
  public ImmutableList<FfnSpec> ffnAlternatives(FfnSpec own) {
    ImmutableSet.Builder<FfnSpec> found = ImmutableSet.builder();
    found.addAll(own.accept(new CheaperFfns()));
    if (noOpFfn && !own.isNoOp()) {
      found.add(new FfnSpec.NoOp());
    }
    return found.build().asList();
  }

  /** What an FFN may become beside a no-op. */
  private final class CheaperFfns implements FfnSpec.Visitor<List<FfnSpec>> {
    @Override
    public List<FfnSpec> visit(FfnSpec.Gated parent) {
      List<FfnSpec> found = new ArrayList<>();
      ffnFractions.stream()
          .map(share -> rounded(share * parent.channels()))
          .filter(channels -> channels < parent.channels())
          .map(FfnSpec.Gated::new)
          .forEach(found::add);
      if (linearFfn) {
        found.add(new FfnSpec.Linear());
      }
      return found;
    }

    @Override
    public List<FfnSpec> visit(FfnSpec.Linear parent) {
      return ImmutableList.of();
    }

    @Override
    public List<FfnSpec> visit(FfnSpec.NoOp parent) {
      return ImmutableList.of();
    }
  }

  private int rounded(double channels) {
    return Math.max(1, (int) Math.round(channels / channelMultiple)) * channelMultiple;
  }

  /** Returns the attentions that occur in {@code parent} or may take their place; not the no-op. */
  public ImmutableSet<AttentionSpec> attentions(ModelSpec parent) {
    return parent.blocks().stream()
        .map(BlockSpec::attention)
        .flatMap(own -> Stream.concat(Stream.of(own), attentionAlternatives(own).stream()))
        .filter(spec -> !spec.isNoOp())
        .collect(ImmutableSet.toImmutableSet());
  }

  /** Returns the FFNs that occur in {@code parent} or may take their place; not the no-op. */
  public ImmutableSet<FfnSpec> ffns(ModelSpec parent) {
    return parent.blocks().stream()
        .map(BlockSpec::ffn)
        .flatMap(own -> Stream.concat(Stream.of(own), ffnAlternatives(own).stream()))
        .filter(spec -> !spec.isNoOp())
        .collect(ImmutableSet.toImmutableSet());
  }

  /**
   * Returns every alternative of every layer of {@code parent}; the parent's own are not among
   * them.
   *
   * @throws IllegalArgumentException if a layer that is to be kept does not exist, or one of {@code
   *     kvHeads} or {@code ffnFractions} is possible in no layer
   */
  public ImmutableList<Candidate> candidates(ModelSpec parent) {
    ImmutableSet<Integer> kept = kept(parent.layers());
    new NamedAlternatives(this, parent, kept).check();
    ImmutableList.Builder<Candidate> all = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      if (kept.contains(layer)) {
        continue;
      }
      BlockSpec own = parent.block(layer);
      for (AttentionSpec spec : attentionAlternatives(own.attention())) {
        if (layer > 0 || !keepFirstAttention || !spec.isNoOp()) {
          all.add(new Candidate.Attention(layer, spec));
        }
      }
      for (FfnSpec spec : ffnAlternatives(own.ffn())) {
        all.add(new Candidate.Ffn(layer, spec));
      }
      for (int layers : multiLayer) {
        if (layer + layers <= free(layer, kept, parent.layers()) && !own.isNoOp()) {
          all.add(new Candidate.MultiLayer(layer, layers, own));
        }
      }
    }
    return all.build();
  }

  private ImmutableSet<Integer> kept(int layers) {
    ImmutableSet.Builder<Integer> kept = ImmutableSet.builder();
    for (int layer : keepLayers) {
      checkArgument(
          -layers <= layer && layer < layers,
          "keepLayers (%s) must lie between %s and %s, since the parent has %s layers",
          layer,
          -layers,
          layers - 1,
          layers);
      kept.add(layer < 0 ? layers + layer : layer);
    }
    return kept.build();
  }

  /** Returns the first layer behind {@code layer} that is kept, or the number of layers. */
  private static int free(int layer, ImmutableSet<Integer> kept, int layers) {
    return kept.stream()
        .filter(other -> other > layer)
        .mapToInt(other -> other)
        .min()
        .orElse(layers);
  }
}
