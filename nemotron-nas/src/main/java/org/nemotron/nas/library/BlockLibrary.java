package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * The parent, the alternatives to its sub-blocks and blocks, and their weights.
 *
 * <p>The parent's weights exist once; an untrained candidate is a set of indices into them, a
 * trained one holds its own tensors only. The set of candidates never changes: {@link #with} makes
 * a new library that shares what it has in common with this one. The parent stays the caller's, and
 * must stay open as long as the library is used.
 *
 * <p>Safe for use by several threads. Any thread may close it; closing twice is harmless. What it
 * holds can be listed after close, all else is refused.
 */
public final class BlockLibrary implements AutoCloseable {
  private final HeterogeneousModel parent;
  private final ImmutableList<LayerRanking> rankings;
  private final InitSettings.KvHeadStart kvHeadStart;
  private final ChildInit starting;
  private final ImmutableSet<Candidate> candidates;
  private final ImmutableMap<Candidate, NamedTensors> trained;
  private final Resources parts;
  private volatile boolean closed;

  BlockLibrary(
      HeterogeneousModel parent,
      ImmutableList<LayerRanking> rankings,
      InitSettings.KvHeadStart kvHeadStart,
      ImmutableSet<Candidate> candidates,
      Map<Candidate, NamedTensors> trained) {
    this.parent = parent;
    this.rankings = rankings;
    this.kvHeadStart = kvHeadStart;
    this.starting = new ChildInit(parent, rankings, kvHeadStart);
    this.candidates = candidates;
    ImmutableMap.Builder<Candidate, NamedTensors> held = ImmutableMap.builder();
    try (Resources shares = new Resources()) {
      for (Candidate candidate : candidates) {
        NamedTensors weights = trained.get(candidate);
        if (weights != null) {
          held.put(candidate, shares.add(weights.share(), NamedTensors::close));
        }
      }
      this.trained = held.buildOrThrow();
      this.parts = shares.complete();
    }
  }

  /** Returns the model that the candidates stand in for; it belongs to the caller. */
  public HeterogeneousModel parent() {
    return parent;
  }

  /** Returns the alternatives, layer by layer. */
  public ImmutableSet<Candidate> candidates() {
    return candidates;
  }

  /** Returns the candidates that hold weights of their own. */
  public ImmutableSet<Candidate> trained() {
    return trained.keySet();
  }

  ImmutableList<LayerRanking> rankings() {
    return rankings;
  }

  InitSettings.KvHeadStart kvHeadStart() {
    return kvHeadStart;
  }

  /**
   * Returns the weights of {@code candidate} on the parent's device, trained or else fresh from the
   * parent; the caller closes the holder.
   *
   * @throws IllegalArgumentException if it is not in this library
   * @throws IllegalStateException if this library is closed
   */
  public NamedTensors weights(Candidate candidate) {
    checkOpen();
    checkArgument(candidates.contains(candidate), "%s is not in this library", candidate.id());
    NamedTensors own = trained.get(candidate);
    if (own != null) {
      return own.map(tensor -> Tensors.toDevice(tensor, parent.device()));
    }
    return candidate.accept(new Starts());
  }

  /** A pair starts as its two sub-blocks are; all else from the parent. */
  private final class Starts implements Candidate.Visitor<NamedTensors> {
    @Override
    public NamedTensors visit(Candidate.Attention candidate) {
      return starting.of(candidate);
    }

    @Override
    public NamedTensors visit(Candidate.Ffn candidate) {
      return starting.of(candidate);
    }

    @Override
    public NamedTensors visit(Candidate.Block candidate) {
      try (NamedTensors composed =
          composed(candidate.layer(), candidate.spec(), BlockLibrary.this::weights)) {
        return composed.map(
            tensor -> Tensors.move(tensor, parent.device(), parent.dtype()).clone());
      }
    }

    @Override
    public NamedTensors visit(Candidate.MultiLayer candidate) {
      return starting.of(candidate);
    }
  }

  /**
   * Returns the weights of {@code candidate} for a model that shares the parent's tensors: in host
   * memory or a file where the layer is offloaded. The caller closes the holder.
   */
  private NamedTensors assembled(Candidate candidate) {
    if (!parent.offloaded().contains(candidate.layer())) {
      return weights(candidate);
    }
    NamedTensors own = trained.get(candidate);
    if (own != null) {
      return own.share();
    }
    try (NamedTensors fresh = weights(candidate)) {
      return fresh.map(tensor -> Tensors.move(tensor, Device.CPU, parent.dtype()));
    }
  }

  /**
   * Returns the weights of a block made of two sub-blocks, the parent's as they lie; the caller
   * closes the holder.
   */
  private NamedTensors composed(
      int layer, BlockSpec spec, Function<Candidate, NamedTensors> ofCandidate) {
    BlockSpec own = parent.spec().block(layer);
    try (NamedTensors attention =
            spec.attention().equals(own.attention())
                ? parent.block(layer).attention().tensors().share()
                : ofCandidate.apply(new Candidate.Attention(layer, spec.attention()));
        NamedTensors ffn =
            spec.ffn().equals(own.ffn())
                ? parent.block(layer).ffn().tensors().share()
                : ofCandidate.apply(new Candidate.Ffn(layer, spec.ffn()))) {
      return NamedTensors.of(
          ImmutableMap.<String, Tensor>builder()
              .putAll(attention.asMap())
              .putAll(ffn.asMap())
              .buildOrThrow());
    }
  }

  /** Returns this library with other weights for some candidates, and with those it lacks added. */
  public BlockLibrary with(Map<? extends Candidate, NamedTensors> weights) {
    checkOpen();
    Map<Candidate, NamedTensors> merged = new LinkedHashMap<>(trained);
    merged.putAll(weights);
    ImmutableSet<Candidate> all =
        ImmutableSet.<Candidate>builder().addAll(candidates).addAll(weights.keySet()).build();
    return new BlockLibrary(parent, rankings, kvHeadStart, all, merged);
  }

  /**
   * Returns this library with the trained candidates of {@code other}, a library of the same
   * parent.
   */
  public BlockLibrary with(BlockLibrary other) {
    return with(other.trained);
  }

  /** Returns this library with {@code added} candidates, untrained. */
  public BlockLibrary withCandidates(Iterable<? extends Candidate> added) {
    checkOpen();
    ImmutableSet<Candidate> all =
        ImmutableSet.<Candidate>builder().addAll(candidates).addAll(added).build();
    return new BlockLibrary(parent, rankings, kvHeadStart, all, trained);
  }

  /** Returns a library of the same candidates in which none is trained. */
  public BlockLibrary untrained() {
    checkOpen();
    return new BlockLibrary(parent, rankings, kvHeadStart, candidates, ImmutableMap.of());
  }

  /**
   * Returns the model that {@code architecture} describes, sharing the parent's tensors wherever it
   * keeps them; the caller closes it. Its blocks are offloaded where the parent's are.
   *
   * @throws IllegalArgumentException if a block is not in this library, or the number of layers is
   *     not the parent's
   */
  public HeterogeneousModel assemble(Architecture architecture) {
    checkOpen();
    ModelSpec spec = parent.spec();
    checkArgument(
        architecture.layers() == spec.layers(),
        "the architecture has %s layers, the parent %s",
        architecture.layers(),
        spec.layers());
    Map<Integer, BlockSpec> specs = new HashMap<>();
    Map<Integer, NamedTensors> weights = new HashMap<>();
    try {
      for (BlockChoice choice : architecture.choices()) {
        int layer = choice.layer();
        specs.put(layer, choice.spec());
        weights.put(layer, choice.accept(new Chosen()));
        for (int behind = layer + 1; behind < layer + choice.layers(); behind++) {
          specs.put(behind, BlockSpec.NO_OP);
          weights.put(behind, NamedTensors.none());
        }
      }
      return parent.withBlocks(specs, weights);
    } finally {
      weights.values().forEach(NamedTensors::close);
    }
  }

  /**
   * Returns the block that {@code choice} describes, as {@link #assemble} puts it into a model; the
   * caller closes it. Of a block for several layers it is all there is: the layers behind it do
   * nothing.
   *
   * @throws IllegalArgumentException if it is not in this library
   */
  public Block block(BlockChoice choice) {
    checkOpen();
    try (NamedTensors weights = choice.accept(new Chosen())) {
      return new Block(choice.spec(), weights, parent.rotary(), parent.spec().rmsNormEps());
    }
  }

  /** The weights of a chosen block, shared where they are the parent's. */
  private final class Chosen implements BlockChoice.Visitor<NamedTensors> {
    @Override
    public NamedTensors visit(BlockChoice.Parent choice) {
      return composed(choice.layer(), choice.spec(), BlockLibrary.this::assembled);
    }

    @Override
    public NamedTensors visit(BlockChoice.Decoupled choice) {
      return composed(choice.layer(), choice.spec(), BlockLibrary.this::assembled);
    }

    @Override
    public NamedTensors visit(BlockChoice.Coupled choice) {
      return assembled(choice.candidate());
    }

    @Override
    public NamedTensors visit(BlockChoice.MultiLayer choice) {
      return assembled(choice.candidate());
    }
  }

  private void checkOpen() {
    checkState(!closed, "this library is closed");
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
