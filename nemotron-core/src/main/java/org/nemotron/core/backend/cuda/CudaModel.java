package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.CudaTimer;
import org.nemotron.core.inference.BatchChecks;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * Steps on a CUDA GPU, in bfloat16 with a residual stream and sums of float32.
 *
 * <p>The single tokens of a step are one recorded graph for each number of rows, rounded up ({@link
 * DecodeGraphs}); longer pieces are computed apart, operation by operation. Since products are
 * computed otherwise for other numbers of rows, a sequence's logits may differ in the last bits
 * with its company.
 */
final class CudaModel implements InferenceModel {
  // Shape letters in this file: R = rows of a step, D = model width, V = vocabulary.

  /** Rows whose logits are computed together. */
  static final int HEAD_ROWS = 256;

  /** Sequences that decode together at most. */
  private static final int MAX_SEQUENCES = 1024;

  private final ModelSpec spec;
  private final CudaBackend device;
  private final int maxRows;
  private final CudaRotaryCache rotary;
  private final CudaTensor embeddingVD;
  private final ImmutableList<CudaBlock> blocks;
  private final CudaRmsNorm finalNorm;
  private final PackedLinear head;
  private final CudaInputs inputs;
  private final CudaWorkspace space;
  private final CudaSampler choice;
  private final DecodeGraphs graphs;
  private final PersistentKernels fewRows;
  private final Resources parts;
  private boolean closed;

  CudaModel(
      ModelSpec spec, WeightSource weights, CudaBackend device, WeightFormat format, int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    this.spec = spec;
    checkServable(spec, format);
    this.device = device;
    this.maxRows = maxRows;
    Device gpu = device.device();
    int logitRows = Math.max(HEAD_ROWS, maxSequences());
    WeightSource checked = weights.checked(spec);
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      this.rotary = made.add(new CudaRotaryCache(spec, gpu), CudaRotaryCache::close);
      this.blocks = packed(checked, format, made);
      Tensor norm = checked.get("model.norm.weight");
      this.finalNorm =
          made.add(new CudaRmsNorm(norm, spec.rmsNormEps(), gpu), CudaRmsNorm::close);
      Tensor table =
          Tensors.move(checked.get("model.embed_tokens.weight"), gpu, DType.BFLOAT16);
      this.embeddingVD = made.add(CudaTensor.of(table), CudaTensor::close);
      Tensor head = spec.tiedEmbeddings() ? table : checked.get("lm_head.weight");
      this.head = made.add(PackedLinear.of(head, gpu, WeightFormat.BFLOAT16), PackedLinear::close);
      int tableInts = maxSequences() * KvCache.pagesFor(spec.maxPositions());
      this.inputs = made.add(new CudaInputs(gpu, maxRows, tableInts), CudaInputs::close);
      this.space =
          made.add(
              new CudaWorkspace(gpu, widths(format), maxRows, logitRows, spec.vocabularySize()),
              CudaWorkspace::close);
      this.choice =
          made.add(
              new CudaSampler(device, space, logitRows, spec.vocabularySize()), CudaSampler::close);
      this.graphs = made.add(new DecodeGraphs(maxSequences()), DecodeGraphs::close);
      this.fewRows =
          made.add(
              new PersistentKernels(device.kernels(), space, fewRowsShapes(blocks)),
              PersistentKernels::close);
      this.parts = made.complete();
    }
  }

  private ImmutableList<CudaBlock> packed(
      WeightSource weights, WeightFormat format, Resources made) {
    ImmutableList.Builder<CudaBlock> packed = ImmutableList.builderWithExpectedSize(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      CudaLayerWeights own =
          new CudaLayerWeights(weights, layer, spec.rmsNormEps(), format, device.device());
      packed.add(made.add(new CudaBlock(spec.block(layer), own, rotary), CudaBlock::close));
    }
    return packed.build();
  }

  private ImmutableMap<Integer, PersistentKernelShape> fewRowsShapes(
      ImmutableList<CudaBlock> blocks) {
    ImmutableMap.Builder<Integer, PersistentKernelShape> shapes = ImmutableMap.builder();
    for (int rows = 1; rows <= PersistentKernelShape.MOST_ROWS; rows++) {
      int of = rows;
      PersistentKernelShape.of(device.kernels().gpu(), spec, blocks, rows)
          .ifPresent(shape -> shapes.put(of, shape));
    }
    return shapes.buildOrThrow();
  }

  private static void checkServable(ModelSpec spec, WeightFormat format) {
    checkArgument(
        spec.headDim() % 8 == 0 && spec.headDim() <= 256,
        "head_dim (%s) must be a multiple of 8 and at most 256 on a GPU",
        spec.headDim());
    checkArgument(
        spec.width() % 8 == 0, "hidden_size (%s) must be a multiple of 8 on a GPU", spec.width());
    checkArgument(
        format != WeightFormat.FLOAT8_E4M3
            || (spec.width() % 16 == 0 && spec.queryHeads() * spec.headDim() % 16 == 0),
        "hidden_size (%s) and heads times head_dim (%s) must be multiples of 16 with FLOAT8_E4M3",
        spec.width(),
        spec.queryHeads() * spec.headDim());
  }

  private CudaWorkspace.Widths widths(WeightFormat format) {
    int queries = spec.queryHeads() * spec.headDim();
    int joined = blocks.stream().mapToInt(CudaBlock::joinedWidth).max().orElse(0);
    int inner = blocks.stream().mapToInt(CudaBlock::innerWidth).max().orElse(0);
    int fp8 = format == WeightFormat.FLOAT8_E4M3 ? Math.max(spec.width(), inner) : 0;
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
  public boolean choosesTokens() {
    return true;
  }

  @Override
  public long weightBytes() {
    return blocks.stream().mapToLong(CudaBlock::weightBytes).sum()
        + head.bytes()
        + (spec.tiedEmbeddings() ? 0 : embeddingVD.bytes());
  }

  @Override
  public KvCache newMemory(int pages) {
    checkState(!closed, "this model is closed");
    try (CudaStream.Use use = device.stream().use()) {
      return new CudaKvCache(spec, pages, device.device());
    }
  }

  @Override
  public void step(ImmutableList<SequenceChunk> chunks, KvCache given, LogitsReader reader) {
    CudaKvCache memory = checked(chunks, given);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CudaStream.Use use = device.stream().use()) {
      stepPieces(new CudaChunks(chunks, chunk -> !isSingle(chunk)), memory, reader);
      stepSingles(new CudaChunks(chunks, CudaModel::isSingle), memory, reader);
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device.device());
    }
  }

  private static boolean isSingle(SequenceChunk chunk) {
    return chunk.tokens().length() == 1;
  }

  private CudaKvCache checked(ImmutableList<SequenceChunk> chunks, KvCache given) {
    checkState(!closed, "this model is closed");
    checkArgument(given instanceof CudaKvCache, "this memory was made for another device");
    CudaKvCache memory = (CudaKvCache) given;
    memory.checkFits(spec);
    BatchChecks.check(chunks, this, memory);
    return memory;
  }

  private void stepPieces(CudaChunks chunks, CudaKvCache memory, LogitsReader reader) {
    if (chunks.isEmpty()) {
      return;
    }
    ImmutableList<Optional<TokenSampling>> choices = chunks.choices(reader);
    CudaStep step = begin(chunks.uploadPieces(inputs, choices, device), memory);
    runLayers(step, spec.layers());
    ImmutableList<CudaChunks.Wanted> wanted = chunks.wanted();
    for (int from = 0; from < wanted.size(); from += HEAD_ROWS) {
      int rows = Math.min(HEAD_ROWS, wanted.size() - from);
      Tensor normalized = step.normalizedWanted(finalNorm, from, rows);
      head.multiplyToFloat(normalized, space.logits().rows(rows));
      choice.choose(step.rows().choices(from), 0, rows);
      choice.give(
          row -> row,
          wanted.subList(from, from + rows),
          choices.subList(from, from + rows),
          reader);
    }
    device.stream().synchronize();
  }

  private void stepSingles(CudaChunks chunks, CudaKvCache memory, LogitsReader reader) {
    if (chunks.isEmpty()) {
      return;
    }
    ImmutableList<Optional<TokenSampling>> choices = chunks.choices(reader);
    int rows = graphs.rows(chunks.rows());
    CudaRows padded = chunks.uploadSingles(inputs, rows, memory, choices, device);
    graphs.launch(memory, rows, device.stream(), () -> decode(begin(padded, memory)));
    choice.give(i -> chunks.wanted().get(i).row(), chunks.wanted(), choices, reader);
  }

  /** What is recorded: the layers, the head, and the choice of tokens. */
  private void decode(CudaStep step) {
    try (NativeScope scope = NativeScope.open()) {
      int all = spec.layers();
      long ranks = 0;
      if (fewRows.serves(step.count())) {
        PersistentKernel few =
            fewRows.step(step.memory(), step.count(), all, parts -> listAll(parts, step.memory()));
        few.run(step, embeddingVD, rotary);
        ranks = few.ranks();
      } else {
        runLayers(step, all);
        head.multiplyToFloat(step.normalized(finalNorm), space.logits().rows(step.count()));
      }
      choice.choose(step.rows().choices(0), ranks, step.count());
    }
  }

  private void listAll(WorkList parts, CudaKvCache memory) {
    listLayers(parts, memory, spec.layers());
    parts.logits(finalNorm, head, space.logits());
  }

  private void listLayers(WorkList parts, CudaKvCache memory, int without) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        blocks.get(layer).list(parts, memory.layer(layer));
      }
    }
  }

  private void runLayers(CudaStep step, int without) {
    step.embed(embeddingVD);
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        blocks.get(layer).run(step, layer);
      }
    }
  }

  private CudaStep begin(CudaRows rows, CudaKvCache memory) {
    return new CudaStep(device.kernels(), device.launcher(), space, memory, rows, spec.width());
  }

  @Override
  public ImmutableLongArray layerNanos(ImmutableList<SequenceChunk> chunks, KvCache given) {
    CudaKvCache memory = checked(chunks, given);
    CudaChunks all = new CudaChunks(chunks, chunk -> true);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CudaStream.Use use = device.stream().use()) {
      if (chunks.stream().allMatch(CudaModel::isSingle)) {
        int rows = graphs.rows(all.rows());
        CudaRows padded = all.uploadSingles(inputs, rows, memory, ImmutableList.of(), device);
        return graphs.partNanos(
            memory,
            rows,
            device.stream(),
            without -> layersBut(without, padded, memory),
            spec.layers());
      }
      return timed(all.uploadPieces(inputs, ImmutableList.of(), device), memory);
    }
  }

  private void layersBut(int without, CudaRows rows, CudaKvCache memory) {
    try (NativeScope scope = NativeScope.open()) {
      CudaStep step = begin(rows, memory);
      if (fewRows.serves(step.count())) {
        // A key of its own for the whole, which here has no head.
        int key = without == spec.layers() ? -1 : without;
        fewRows
            .step(memory, step.count(), key, parts -> listLayers(parts, memory, without))
            .run(step, embeddingVD, rotary);
      } else {
        runLayers(step, without);
      }
    }
  }

  private ImmutableLongArray timed(CudaRows rows, CudaKvCache memory) {
    try (NativeScope scope = NativeScope.open();
        CudaTimer clock = new CudaTimer(spec.layers() + 1)) {
      CudaStep step = begin(rows, memory);
      step.embed(embeddingVD);
      for (int layer = 0; layer < spec.layers(); layer++) {
        clock.mark(layer, device.stream());
        blocks.get(layer).run(step, layer);
      }
      clock.mark(spec.layers(), device.stream());
      return clock.nanosBetweenMarks(spec.layers() + 1);
    }
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
