package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CardClock;
import org.nemotron.core.cuda.CardStream;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.tensor.WeightFormat;

/**
 * Steps on a CUDA card, in bfloat16 with a residual stream and sums of float32.
 *
 * <p>The single tokens of a step are one recorded graph for each number of rows, rounded up ({@link
 * DecodeGraphs}); longer pieces are computed apart, operation by operation. Since products are
 * computed otherwise for other numbers of rows, a sequence's logits may differ in the last bits
 * with its company.
 */
final class CardModel implements InferenceModel {
  // Shape letters in this file: R = rows of a step, D = model width, V = vocabulary.

  /** Rows whose logits are computed together. */
  static final int HEAD_ROWS = 256;

  /** Sequences that decode together at most. */
  private static final int MAX_SEQUENCES = 1024;

  private final ModelSpec spec;
  private final CardDevice device;
  private final int maxRows;
  private final CardTurns turns;
  private final CardTensor embeddingVD;
  private final ImmutableList<CardSubBlock> subBlocks;
  private final CardNorm finalNorm;
  private final CardProduct head;
  private final CardInputs inputs;
  private final CardSpace space;
  private final CardChoice choice;
  private final DecodeGraphs graphs;
  private final FewRowsSteps fewRows;
  private final Parts parts;
  private boolean closed;

  CardModel(HeterogeneousModel model, CardDevice device, WeightFormat format, int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    this.spec = model.spec();
    checkServable(spec, format);
    this.device = device;
    this.maxRows = maxRows;
    Device card = device.device();
    int logitRows = Math.max(HEAD_ROWS, maxSequences());
    try (Parts made = new Parts();
        NativeScope scope = NativeScope.open()) {
      this.turns = made.add(new CardTurns(spec, card), CardTurns::close);
      this.subBlocks = packed(model, format, made);
      this.finalNorm =
          made.add(new CardNorm(model.finalNormWeight(), spec.rmsNormEps(), card), CardNorm::close);
      Tensor table = Tensors.move(model.embedding(), card, DType.BFLOAT16);
      this.embeddingVD = made.add(CardTensor.of(table), CardTensor::close);
      Tensor head = spec.tiedEmbeddings() ? table : model.headWeight();
      this.head = made.add(CardProduct.of(head, card, WeightFormat.BFLOAT16), CardProduct::close);
      int tableInts = maxSequences() * KvMemory.pagesFor(spec.maxPositions());
      this.inputs = made.add(new CardInputs(card, maxRows, tableInts), CardInputs::close);
      this.space =
          made.add(
              new CardSpace(card, widths(format), maxRows, logitRows, spec.vocabularySize()),
              CardSpace::close);
      this.choice =
          made.add(
              new CardChoice(device, space, logitRows, spec.vocabularySize()), CardChoice::close);
      this.graphs = made.add(new DecodeGraphs(maxSequences()), DecodeGraphs::close);
      this.fewRows =
          made.add(
              new FewRowsSteps(device.kernels(), space, fewRowsShapes(subBlocks)),
              FewRowsSteps::close);
      this.parts = made.complete();
    }
  }

  private ImmutableList<CardSubBlock> packed(
      HeterogeneousModel model, WeightFormat format, Parts made) {
    ImmutableList.Builder<CardSubBlock> packed = ImmutableList.builder();
    for (int layer = 0; layer < spec.layers(); layer++) {
      packed.add(made.add(packed(model.block(layer).attention(), format), CardSubBlock::close));
      packed.add(made.add(packed(model.block(layer).ffn(), format), CardSubBlock::close));
    }
    return packed.build();
  }

  private ImmutableMap<Integer, FewRowsShape> fewRowsShapes(ImmutableList<CardSubBlock> subBlocks) {
    ImmutableMap.Builder<Integer, FewRowsShape> shapes = ImmutableMap.builder();
    for (int rows = 1; rows <= FewRowsShape.MOST_ROWS; rows++) {
      int of = rows;
      FewRowsShape.of(device.kernels().card(), spec, subBlocks, rows)
          .ifPresent(shape -> shapes.put(of, shape));
    }
    return shapes.buildOrThrow();
  }

  private static void checkServable(ModelSpec spec, WeightFormat format) {
    checkArgument(
        spec.headDim() % 8 == 0 && spec.headDim() <= 256,
        "head_dim (%s) must be a multiple of 8 and at most 256 on a card",
        spec.headDim());
    checkArgument(
        spec.width() % 8 == 0, "hidden_size (%s) must be a multiple of 8 on a card", spec.width());
    checkArgument(
        format != WeightFormat.FLOAT8_E4M3
            || (spec.width() % 16 == 0 && spec.queryHeads() * spec.headDim() % 16 == 0),
        "hidden_size (%s) and heads times head_dim (%s) must be multiples of 16 with FLOAT8_E4M3",
        spec.width(),
        spec.queryHeads() * spec.headDim());
  }

  private CardSubBlock packed(SubBlock subBlock, WeightFormat format) {
    return CardSubBlock.of(subBlock, turns, spec.rmsNormEps(), device.device(), format);
  }

  private CardSpace.Widths widths(WeightFormat format) {
    int queries = spec.queryHeads() * spec.headDim();
    int joined = subBlocks.stream().mapToInt(CardSubBlock::joinedWidth).max().orElse(0);
    int inner = subBlocks.stream().mapToInt(CardSubBlock::innerWidth).max().orElse(0);
    int eights = format == WeightFormat.FLOAT8_E4M3 ? Math.max(spec.width(), inner) : 0;
    return new CardSpace.Widths(
        spec.width(), Math.max(8, joined), Math.max(8, inner), queries, spec.headDim(), eights);
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
    return subBlocks.stream().mapToLong(CardSubBlock::weightBytes).sum()
        + head.bytes()
        + (spec.tiedEmbeddings() ? 0 : embeddingVD.bytes());
  }

  @Override
  public KvMemory newMemory(int pages) {
    checkState(!closed, "this model is closed");
    try (CardStream.Use use = device.stream().use()) {
      return new CardMemory(spec, pages, device.device());
    }
  }

  @Override
  public void step(ImmutableList<StepSpan> spans, KvMemory given, LogitsReader reader) {
    CardMemory memory = checked(spans, given);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CardStream.Use use = device.stream().use()) {
      stepPieces(new CardSpans(spans, span -> !isSingle(span)), memory, reader);
      stepSingles(new CardSpans(spans, CardModel::isSingle), memory, reader);
    } catch (RuntimeException e) {
      throw CardFailures.explained(e, device.device());
    }
  }

  private static boolean isSingle(StepSpan span) {
    return span.tokens().length() == 1;
  }

  private CardMemory checked(ImmutableList<StepSpan> spans, KvMemory given) {
    checkState(!closed, "this model is closed");
    checkArgument(given instanceof CardMemory, "this memory was made for another device");
    CardMemory memory = (CardMemory) given;
    memory.checkFits(spec);
    StepChecks.check(spans, this, memory);
    return memory;
  }

  private void stepPieces(CardSpans spans, CardMemory memory, LogitsReader reader) {
    if (spans.isEmpty()) {
      return;
    }
    ImmutableList<Optional<TokenChoice>> choices = spans.choices(reader);
    CardStep step = begin(spans.uploadPieces(inputs, choices, device), memory);
    runLayers(step, spec.layers());
    ImmutableList<CardSpans.Wanted> wanted = spans.wanted();
    for (int from = 0; from < wanted.size(); from += HEAD_ROWS) {
      int rows = Math.min(HEAD_ROWS, wanted.size() - from);
      Tensor normalised = step.normalisedWanted(finalNorm, from, rows);
      head.multiplyToFloat(normalised, space.logits().rows(rows));
      choice.choose(step.rows().choices(from), 0, rows);
      choice.give(
          row -> row,
          wanted.subList(from, from + rows),
          choices.subList(from, from + rows),
          reader);
    }
    device.stream().synchronize();
  }

  private void stepSingles(CardSpans spans, CardMemory memory, LogitsReader reader) {
    if (spans.isEmpty()) {
      return;
    }
    ImmutableList<Optional<TokenChoice>> choices = spans.choices(reader);
    int rows = graphs.rows(spans.rows());
    CardRows padded = spans.uploadSingles(inputs, rows, memory, choices, device);
    graphs.launch(memory, rows, device.stream(), () -> decode(begin(padded, memory)));
    choice.give(i -> spans.wanted().get(i).row(), spans.wanted(), choices, reader);
  }

  /** What is recorded: the layers, the head, and the choice of tokens. */
  private void decode(CardStep step) {
    try (NativeScope scope = NativeScope.open()) {
      int all = spec.layers();
      long ranks = 0;
      if (fewRows.serves(step.count())) {
        FewRowsStep few =
            fewRows.step(step.memory(), step.count(), all, parts -> listAll(parts, step.memory()));
        few.run(step, embeddingVD, turns);
        ranks = few.ranks();
      } else {
        runLayers(step, all);
        head.multiplyToFloat(step.normalised(finalNorm), space.logits().rows(step.count()));
      }
      choice.choose(step.rows().choices(0), ranks, step.count());
    }
  }

  private void listAll(StepParts parts, CardMemory memory) {
    listLayers(parts, memory, spec.layers());
    parts.logits(finalNorm, head, space.logits());
  }

  private void listLayers(StepParts parts, CardMemory memory, int without) {
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        subBlocks.get(2 * layer).list(parts, memory.layer(layer));
        subBlocks.get(2 * layer + 1).list(parts, memory.layer(layer));
      }
    }
  }

  private void runLayers(CardStep step, int without) {
    step.embed(embeddingVD);
    for (int layer = 0; layer < spec.layers(); layer++) {
      if (layer != without) {
        runLayer(step, layer);
      }
    }
  }

  private CardStep begin(CardRows rows, CardMemory memory) {
    return new CardStep(device.kernels(), device.launcher(), space, memory, rows, spec.width());
  }

  private void runLayer(CardStep step, int layer) {
    subBlocks.get(2 * layer).run(step, layer);
    subBlocks.get(2 * layer + 1).run(step, layer);
  }

  @Override
  public ImmutableLongArray layerNanos(ImmutableList<StepSpan> spans, KvMemory given) {
    CardMemory memory = checked(spans, given);
    CardSpans all = new CardSpans(spans, span -> true);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CardStream.Use use = device.stream().use()) {
      if (spans.stream().allMatch(CardModel::isSingle)) {
        int rows = graphs.rows(all.rows());
        CardRows padded = all.uploadSingles(inputs, rows, memory, ImmutableList.of(), device);
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

  private void layersBut(int without, CardRows rows, CardMemory memory) {
    try (NativeScope scope = NativeScope.open()) {
      CardStep step = begin(rows, memory);
      if (fewRows.serves(step.count())) {
        // A key of its own for the whole, which here has no head.
        int key = without == spec.layers() ? -1 : without;
        fewRows
            .step(memory, step.count(), key, parts -> listLayers(parts, memory, without))
            .run(step, embeddingVD, turns);
      } else {
        runLayers(step, without);
      }
    }
  }

  private ImmutableLongArray timed(CardRows rows, CardMemory memory) {
    try (NativeScope scope = NativeScope.open();
        CardClock clock = new CardClock(spec.layers() + 1)) {
      CardStep step = begin(rows, memory);
      step.embed(embeddingVD);
      for (int layer = 0; layer < spec.layers(); layer++) {
        clock.mark(layer, device.stream());
        runLayer(step, layer);
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
