package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkElementIndex;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Arrays;
import org.bytedeco.pytorch.NoGradGuard;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.CudaTimer;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * Steps of a {@link CudaModel}, their keys and values in a {@link CudaKvCache}.
 *
 * <p>The single tokens of a step are one recorded graph for each number of rows, rounded up ({@link
 * DecodeGraphs}). A step with longer pieces is computed operation by operation, single tokens in
 * the same products, so that weights are read once; only attention tells the two apart. Short
 * prompts go with the single tokens ({@link ShortPrompts}).
 */
final class CudaSession implements InferenceSession {
  private final CudaModel model;
  private final CudaRanks ranks;
  private final ModelSpec spec;
  private final CudaBackend device;
  private final CudaKvCache cache;
  private final CudaInputs inputs;
  private final CudaWorkspace space;
  private final CudaHead head;
  private final CudaSampler sampler;
  private final DecodeGraphs graphs;
  private final CudaPeers peers;
  private final PersistentKernels fewRows;
  private final Resources parts;
  private long steps;
  private boolean closed;

  CudaSession(CudaModel model, CudaBackend device, int pages, KvFormat format) {
    this.model = model;
    this.ranks = model.ranks();
    this.spec = model.spec();
    this.device = device;
    int rows = model.maxRows();
    int sequences = model.maxSequences();
    int vocabulary = spec.vocabularySize();
    try (Resources made = new Resources()) {
      this.cache =
          made.add(
              new CudaKvCache(model.share(), pages, format, model.kvScales(), device.device()),
              CudaKvCache::close);
      int tableInts = sequences * KvPages.pagesFor(spec.maxPositions());
      this.inputs = made.add(new CudaInputs(device.device(), rows, tableInts), CudaInputs::close);
      this.space =
          made.add(
              new CudaWorkspace(
                  device.device(),
                  model.widths(),
                  rows,
                  ranks.isFirst() ? sequences : 1,
                  ranks.isFirst() ? PieceLogits.HEAD_ROWS : 1,
                  vocabulary),
              CudaWorkspace::close);
      this.head =
          made.add(new CudaHead(device, model.head(), model.share(), ranks), CudaHead::close);
      int choices = Math.max(PieceLogits.HEAD_ROWS, sequences);
      this.sampler = made.add(new CudaSampler(device, choices, vocabulary), CudaSampler::close);
      this.graphs =
          made.add(new DecodeGraphs(sequences, model.isEight(), ranks::await), DecodeGraphs::close);
      this.peers = made.add(peers(), CudaPeers::close);
      this.fewRows =
          made.add(
              new PersistentKernels(
                  device.kernels(), space, peers, model.fewRowsShapes(), cache.isEight()),
              PersistentKernels::close);
      this.parts = made.complete();
    }
  }

  private CudaPeers peers() {
    int all = ranks.member().group().size();
    long floats = ranks.isAlone() ? 0 : 2L * all * PersistentKernelShape.MOST_ROWS * spec.width();
    return new CudaPeers(ranks.member(), device.device(), floats, space.logits());
  }

  @Override
  public InferenceModel model() {
    return model;
  }

  @Override
  public int pages() {
    return cache.pages();
  }

  @Override
  public long saturated() {
    checkOpen();
    try (CudaStream.Use use = device.stream().use()) {
      return cache.saturated();
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device.device());
    }
  }

  @Override
  public StepOutput step(ForwardBatch batch) {
    check(batch);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CudaStream.Use use = device.stream().use()) {
      ForwardBatch chunks = ShortPrompts.asSingles(batch, model.maxSequences());
      CudaChunks pieces = new CudaChunks(chunks, chunk -> !isSingle(chunk));
      CudaChunks singles = new CudaChunks(chunks, CudaSession::isSingle);
      if (!pieces.isEmpty() && !singles.isEmpty() && Shortcut.MIXED_STEPS.taken()) {
        pieces = CudaChunks.mixed(pieces, singles);
        singles = new CudaChunks(chunks, chunk -> false);
      }
      Output output = new Output(batch.wanted(), steps, pieces);
      stepPieces(pieces, output);
      stepSingles(singles, output);
      return output;
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device.device());
    }
  }

  private static boolean isSingle(SequenceChunk chunk) {
    return chunk.tokens().length() == 1;
  }

  private void check(ForwardBatch batch) {
    checkOpen();
    batch.checkFits(model, cache.pages());
    steps++;
  }

  private void checkOpen() {
    model.checkOpen();
    checkState(!closed, "this session is closed");
  }

  private void stepPieces(CudaChunks pieces, Output output) {
    if (pieces.isEmpty()) {
      return;
    }
    CudaStep step = begin(pieces.uploadPieces(inputs, device));
    model.runLayers(step, spec.layers());
    ImmutableList<CudaChunks.Wanted> wanted = pieces.wanted();
    if (!wanted.isEmpty()) {
      step.normalizeWanted(model.finalNorm(), wanted.size());
    }
    for (int from = 0; from < wanted.size(); from += PieceLogits.HEAD_ROWS) {
      int rows = Math.min(PieceLogits.HEAD_ROWS, wanted.size() - from);
      if (pieces.samples(from, rows)) {
        output.pieces.compute(from);
        if (ranks.isFirst()) {
          sampler.choose(space.pieceLogits(), step.rows().choices(from), 0, rows);
        }
        ranks.await();
        for (int i = 0; i < rows; i++) {
          output.sampled(wanted.get(from + i), i);
        }
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      output.places[wanted.get(i).index()] = ~i;
    }
    ranks.await();
  }

  private void stepSingles(CudaChunks singles, Output output) {
    if (singles.isEmpty()) {
      return;
    }
    int rows = graphs.rows(singles.rows());
    CudaRows padded = singles.uploadSingles(inputs, rows, cache, device);
    if (isRecorded(rows)) {
      graphs.launch(rows, device.stream(), () -> decode(begin(padded)));
    } else {
      decode(begin(padded));
    }
    ranks.await();
    for (CudaChunks.Wanted wanted : singles.wanted()) {
      output.sampled(wanted, wanted.row());
      output.places[wanted.index()] = wanted.row();
    }
  }

  private boolean isRecorded(int rows) {
    return ranks.isAlone() || fewRows.serves(rows) || Shortcut.NCCL_GRAPHS.taken();
  }

  /** What is recorded: the layers, the head, and the choice of tokens. */
  private void decode(CudaStep step) {
    try (NativeScope scope = NativeScope.open()) {
      int all = spec.layers();
      long likeliest = 0;
      if (fewRows.serves(step.count())) {
        PersistentKernel few = fewRows.step(step.count(), all, this::listAll);
        model.run(few, step);
        likeliest = few.ranks();
      } else {
        model.runLayers(step, all);
        head.logits(step.normalized(model.finalNorm()), space, space.logits());
      }
      if (ranks.isFirst()) {
        sampler.choose(space.logits(), step.rows().choices(0), likeliest, step.count());
      }
    }
  }

  private void listAll(WorkList parts) {
    model.listLayers(parts, cache, spec.layers());
    int first = Math.toIntExact(model.share().vocabulary().begin());
    parts.logits(model.finalNorm(), model.head(), first, spec.vocabularySize());
  }

  private CudaStep begin(CudaRows rows) {
    return new CudaStep(
        device.kernels(), device.launcher(), space, cache, rows, ranks, spec.width());
  }

  @Override
  public void warmUp(int sequences, int promptTokens) {
    int most = Math.min(sequences, model.maxSequences());
    for (int rows = 1; rows <= most; rows = graphs.rows(rows) + 1) {
      StepOutput unused = step(WarmUp.singles(Math.min(graphs.rows(rows), most)));
    }
    int longest = Math.min(promptTokens, pages() * KvPages.PAGE_TOKENS);
    for (int tokens = 2; tokens <= longest; tokens *= 2) {
      StepOutput unused = step(WarmUp.pieces(tokens, spec.maxPositions()));
    }
  }

  @Override
  public ImmutableLongArray layerNanos(ForwardBatch batch) {
    check(batch);
    ForwardBatch chunks = ShortPrompts.asSingles(batch, model.maxSequences());
    CudaChunks all = new CudaChunks(chunks, chunk -> true);
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard();
        CudaStream.Use use = device.stream().use()) {
      if (chunks.chunks().stream().allMatch(CudaSession::isSingle)) {
        int rows = graphs.rows(all.rows());
        CudaRows padded = all.uploadSingles(inputs, rows, cache, device);
        return graphs.partNanos(
            rows, device.stream(), without -> layersBut(without, padded), spec.layers());
      }
      return timed(all.uploadPieces(inputs, device));
    }
  }

  private void layersBut(int without, CudaRows rows) {
    try (NativeScope scope = NativeScope.open()) {
      CudaStep step = begin(rows);
      if (fewRows.serves(step.count())) {
        // A key of its own for the whole, which here has no head.
        int key = without == spec.layers() ? -1 : without;
        model.run(
            fewRows.step(step.count(), key, parts -> model.listLayers(parts, cache, without)),
            step);
      } else {
        model.runLayers(step, without);
      }
    }
  }

  private ImmutableLongArray timed(CudaRows rows) {
    try (NativeScope scope = NativeScope.open();
        CudaTimer clock = new CudaTimer(spec.layers() + 1)) {
      CudaStep step = begin(rows);
      model.embed(step);
      for (int layer = 0; layer < spec.layers(); layer++) {
        clock.mark(layer, device.stream());
        model.runLayer(step, layer);
      }
      clock.mark(spec.layers(), device.stream());
      return clock.nanosBetweenMarks(spec.layers() + 1);
    }
  }

  /** The rows of a step: tokens are here, logits are fetched from the GPU. */
  private final class Output implements StepOutput {
    private final int[] tokens;
    private final long number;
    private final PieceLogits pieces;

    /** Of each wanted row: its row among the single tokens, or ~ its number among the pieces'. */
    private final int[] places;

    Output(int wanted, long number, CudaChunks pieces) {
      this.tokens = new int[wanted];
      this.places = new int[wanted];
      this.number = number;
      this.pieces = new PieceLogits(head, space, pieces.wanted().size());
      Arrays.fill(tokens, -1);
    }

    /** Takes the token that was chosen for row {@code row}, if one was to be. */
    void sampled(CudaChunks.Wanted wanted, int row) {
      if (ranks.isFirst() && wanted.sampling().isPresent()) {
        tokens[wanted.index()] = sampler.token(row);
      }
    }

    @Override
    public int rows() {
      return tokens.length;
    }

    @Override
    public boolean isSampled(int row) {
      return tokens[checkElementIndex(row, rows(), "row")] >= 0;
    }

    @Override
    public int token(int row) {
      checkState(isSampled(row), "row %s: no token was sampled", row);
      return tokens[row];
    }

    @Override
    public float[] logits(int row) {
      checkOpen();
      checkState(number == steps, "the logits of a step are lent until the next one");
      int place = places[checkElementIndex(row, rows(), "row")];
      try (NativeScope scope = NativeScope.open();
          NoGradGuard inference = new NoGradGuard();
          CudaStream.Use use = device.stream().use()) {
        int at = place >= 0 ? place : pieces.row(~place);
        ranks.await();
        if (!ranks.isFirst()) {
          return new float[0]; // the first rank has them
        }
        return sampler.logits(place >= 0 ? space.logits() : space.pieceLogits(), at);
      } catch (RuntimeException e) {
        throw CudaFailures.explained(e, device.device());
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
