package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * A model on a CUDA GPU, in bfloat16 with a residual stream and sums of float32.
 *
 * <p>Since products are computed otherwise for other numbers of rows, a sequence's logits may
 * differ in the last bits when it is computed together with others.
 */
final class CudaModel implements InferenceModel {
  // Shape letters in this file: V = vocabulary, D = model width.

  /** Sequences that decode together at most. */
  private static final int MAX_SEQUENCES = 1024;

  /** Elements of 16 bytes of the narrowest weights. */
  private static final int VECTOR = 16;

  private final RankShare share;
  private final CudaRanks ranks;
  private final ModelSpec spec;
  private final CudaBackend device;
  private final ModelFormat format;
  private final int maxRows;
  private final CudaRotaryCache rotary;
  private final CudaTensor embeddingVD;
  private final ImmutableList<CudaBlock> blocks;
  private final CudaRmsNorm finalNorm;
  private final PackedLinear head;
  private final ImmutableList<KvScales> kvScales;
  private final Resources parts;
  private boolean closed;

  CudaModel(
      RankShare share,
      CudaRanks ranks,
      WeightSource weights,
      CudaBackend device,
      ModelFormat format,
      int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    this.share = share;
    this.ranks = ranks;
    this.spec = share.spec();
    checkServable(spec, format);
    checkDivisible(format, share);
    this.device = device;
    this.format = format;
    this.maxRows = maxRows;
    Device gpu = device.device();
    WeightSource checked = share.cut(weights);
    this.kvScales =
        IntStream.range(0, spec.layers())
            .mapToObj(checked::kvScales)
            .collect(ImmutableList.toImmutableList());
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.rotary = made.add(new CudaRotaryCache(spec, gpu), CudaRotaryCache::close);
      this.blocks = packed(checked, made);
      Tensor norm = checked.get("model.norm.weight");
      this.finalNorm = made.add(new CudaRmsNorm(norm, spec.rmsNormEps(), gpu), CudaRmsNorm::close);
      Tensor table = Tensors.move(checked.get("model.embed_tokens.weight"), gpu, DType.BFLOAT16);
      this.embeddingVD = made.add(CudaTensor.of(table), CudaTensor::close);
      Tensor head = spec.tiedEmbeddings() ? table : checked.get("lm_head.weight");
      this.head = made.add(PackedLinear.of(ownRows(head), gpu, format.head()), PackedLinear::close);
      this.parts = made.complete();
    }
  }

  /** Of a head on a GPU that is no embedding, a copy: else the other ranks' rows would stay. */
  private Tensor ownRows(Tensor headVD) {
    Tensor own = headVD.narrow(0, share.vocabulary().begin(), share.vocabulary().size());
    boolean lent = !share.isDivided() || spec.tiedEmbeddings();
    return lent || Tensors.device(headVD).equals(Device.CPU) ? own : own.clone();
  }

  /** The same on all ranks: none waits then for one that refuses. */
  private static void checkDivisible(ModelFormat format, RankShare share) {
    if (!share.isDivided()) {
      return;
    }
    ModelSpec spec = share.spec();
    int degree = share.plan().degree();
    checkArgument(
        format.layers() != WeightFormat.FLOAT8_E4M3
            || (spec.headDim() % 16 == 0 && spec.width() % (16 * degree) == 0),
        "head_dim (%s) must be a multiple of 16 and hidden_size (%s) of 16 times %s ranks with"
            + " FLOAT8_E4M3",
        spec.headDim(),
        spec.width(),
        degree);
    checkArgument(
        format.head() != WeightFormat.FLOAT8_E4M3 || spec.vocabularySize() % (16 * degree) == 0,
        "vocab_size (%s) must be a multiple of 16 times %s ranks with a head of FLOAT8_E4M3",
        spec.vocabularySize(),
        degree);
  }

  private ImmutableList<CudaBlock> packed(WeightSource weights, Resources made) {
    ImmutableList.Builder<CudaBlock> packed = ImmutableList.builderWithExpectedSize(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      CudaLayerWeights own =
          new CudaLayerWeights(weights, layer, spec.rmsNormEps(), format.layers(), device.device());
      packed.add(made.add(new CudaBlock(share, own, rotary), CudaBlock::close));
    }
    return packed.build();
  }

  private static void checkServable(ModelSpec spec, ModelFormat format) {
    checkArgument(
        spec.headDim() % 8 == 0 && spec.headDim() <= 256,
        "head_dim (%s) must be a multiple of 8 and at most 256 on a GPU",
        spec.headDim());
    checkArgument(
        spec.width() % 8 == 0, "hidden_size (%s) must be a multiple of 8 on a GPU", spec.width());
    checkArgument(
        !format.hasEightBits()
            || (spec.width() % 16 == 0 && spec.queryHeads() * spec.headDim() % 16 == 0),
        "hidden_size (%s) and heads times head_dim (%s) must be multiples of 16 with FLOAT8_E4M3",
        spec.width(),
        spec.queryHeads() * spec.headDim());
    checkArgument(
        format.head() != WeightFormat.FLOAT8_E4M3 || spec.vocabularySize() % 16 == 0,
        "vocab_size (%s) must be a multiple of 16 with a head of FLOAT8_E4M3",
        spec.vocabularySize());
  }

  /** Returns how the kernel of few rows runs this model, for each number of rows that it serves. */
  ImmutableMap<Integer, PersistentKernelShape> fewRowsShapes() {
    if (share.isDivided() && !sumsInKernel()) {
      return ImmutableMap.of();
    }
    ImmutableMap.Builder<Integer, PersistentKernelShape> shapes = ImmutableMap.builder();
    for (int rows = 1; rows <= PersistentKernelShape.MOST_ROWS; rows++) {
      int of = rows;
      Optional<PersistentKernelShape> shape =
          PersistentKernelShape.of(device.kernels().gpu(), spec, blocks, rows);
      if (ranks.member().agree("the kernel of few rows", shape.isPresent())) {
        shape.ifPresent(own -> shapes.put(of, own));
      }
    }
    return shapes.buildOrThrow();
  }

  /** Whether the kernel of few rows can add up over the ranks' GPUs: the same on all ranks. */
  private boolean sumsInKernel() {
    int degree = share.plan().degree();
    boolean fits =
        degree <= CudaPeers.mostRanks()
            && spec.blocks().stream().allMatch(block -> isDivisible(block, degree))
            && !spec.blocks().stream().allMatch(BlockSpec::isNoOp);
    ImmutableList<Device> devices = ranks.member().exchange("reaching GPUs", device.device());
    boolean reached = fits && Shortcut.PEER_SUMS.taken();
    for (Device other : devices) {
      boolean own = other.equals(device.device());
      reached = reached && (own || device.kernels().gpu().reaches(other));
    }
    return ranks.member().agree("sums within a kernel", reached);
  }

  /** Every rank must have a part of each sub-block, and linear ones parts of whole vectors. */
  private boolean isDivisible(BlockSpec block, int degree) {
    boolean linear = block.attention().accept(new IsLinear()) || block.ffn().accept(new IsLinear());
    return (!linear || spec.width() % (VECTOR * degree) == 0)
        && (block.ffn().isNoOp() || linearOrWide(block.ffn(), degree));
  }

  private static boolean linearOrWide(FfnSpec ffn, int degree) {
    return ffn.accept(new IsLinear()) || ffn.channels() >= degree;
  }

  /** Whether a sub-block is one matrix. */
  private static final class IsLinear
      implements AttentionSpec.Visitor<Boolean>, FfnSpec.Visitor<Boolean> {
    @Override
    public Boolean visit(AttentionSpec.GroupedQuery attention) {
      return false;
    }

    @Override
    public Boolean visit(AttentionSpec.Linear attention) {
      return true;
    }

    @Override
    public Boolean visit(AttentionSpec.NoOp attention) {
      return false;
    }

    @Override
    public Boolean visit(FfnSpec.Gated ffn) {
      return false;
    }

    @Override
    public Boolean visit(FfnSpec.Linear ffn) {
      return true;
    }

    @Override
    public Boolean visit(FfnSpec.NoOp ffn) {
      return false;
    }
  }

  /** Returns whether products of layers are of 8-bit floats. */
  boolean isEight() {
    return format.layers() == WeightFormat.FLOAT8_E4M3;
  }

  /** Returns what steps of this model need. */
  CudaWorkspace.Widths widths() {
    int queries = spec.queryHeads() * spec.headDim();
    int joined = blocks.stream().mapToInt(CudaBlock::joinedWidth).max().orElse(0);
    int inner = blocks.stream().mapToInt(CudaBlock::innerWidth).max().orElse(0);
    int fp8 = format.hasEightBits() ? Math.max(spec.width(), inner) : 0;
    return new CudaWorkspace.Widths(
        spec.width(), Math.max(8, joined), Math.max(8, inner), queries, spec.headDim(), fp8);
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  @Override
  public int maxSequences() {
    return Math.min(maxRows, MAX_SEQUENCES);
  }

  @Override
  public boolean samplesTokens() {
    return true;
  }

  @Override
  public long weightBytes() {
    return blocks.stream().mapToLong(CudaBlock::weightBytes).sum()
        + head.bytes()
        + (spec.tiedEmbeddings() ? 0 : embeddingVD.bytes());
  }

  @Override
  public InferenceSession newSession(int pages, KvFormat kvFormat) {
    checkOpen();
    device.checkServes(kvFormat);
    try (CudaStream.Use use = device.stream().use()) {
      InferenceSession session = new CudaSession(this, device, pages, kvFormat);
      device.stream().synchronize();
      return session;
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device.device());
    }
  }

  RankShare share() {
    return share;
  }

  CudaRanks ranks() {
    return ranks;
  }

  void checkOpen() {
    checkState(!closed, "this model is closed");
  }

  /** Returns the scales of each layer's KV cache, where it is held as 8-bit floats. */
  ImmutableList<KvScales> kvScales() {
    return kvScales;
  }

  CudaRmsNorm finalNorm() {
    return finalNorm;
  }

  PackedLinear head() {
    return head;
  }

  /** Puts the embedding into the stream, which starts a step. */
  void embed(CudaStep step) {
    step.embed(embeddingVD);
  }

  /** Puts a layer into the stream; what it needed beside the workspace is free again. */
  void runLayer(CudaStep step, int layer) {
    try (NativeScope scope = NativeScope.open()) {
      blocks.get(layer).run(step, layer);
    }
  }

  /** Puts the embedding and all layers but {@code without} into the stream. */
  void runLayers(CudaStep step, int without) {
    embed(step);
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        runLayer(step, layer);
      }
    }
  }

  /** Lists all layers but {@code without}, for a step of few rows. */
  void listLayers(WorkList parts, CudaKvCache memory, int without) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        blocks.get(layer).list(parts, memory.layer(layer));
      }
    }
  }

  /** Puts the embedding and what {@code kernel} has listed into the stream. */
  void run(PersistentKernel kernel, CudaStep step) {
    kernel.run(step, embeddingVD, rotary);
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
