package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Ints;
import java.util.Optional;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Tensors;

/** Those chunks of a step that are computed together, and what is wanted of them. */
final class CudaChunks {
  private final ImmutableList<SequenceChunk> chunks;
  private final ImmutableList<Wanted> wanted;
  private final int rows;

  /** How many of the chunks, the first ones, attend as pieces when pieces are uploaded. */
  private final int pieces;

  /**
   * A wanted row.
   *
   * @param row among the rows of these chunks
   * @param index among all that the step wants
   * @param sampling how its token is sampled; empty where its logits are wanted
   */
  record Wanted(int row, int index, Optional<TokenSampling> sampling) {}

  /** Takes those of {@code batch} that {@code chosen} accepts. */
  CudaChunks(ForwardBatch batch, Predicate<SequenceChunk> chosen) {
    ImmutableList.Builder<SequenceChunk> own = ImmutableList.builder();
    ImmutableList.Builder<Wanted> rowsWanted = ImmutableList.builder();
    int row = 0;
    int index = 0;
    for (SequenceChunk chunk : batch.chunks()) {
      if (chosen.test(chunk)) {
        own.add(chunk);
        int length = chunk.tokens().length();
        int from = length - chunk.wanted();
        for (int i = 0; i < chunk.wanted(); i++) {
          rowsWanted.add(new Wanted(row + from + i, index + i, chunk.output().sampling()));
        }
        row += length;
      }
      index += chunk.wanted();
    }
    this.chunks = own.build();
    this.wanted = rowsWanted.build();
    this.rows = row;
    this.pieces = chunks.size();
  }

  private CudaChunks(CudaChunks pieces, CudaChunks singles) {
    this.chunks =
        ImmutableList.<SequenceChunk>builder().addAll(pieces.chunks).addAll(singles.chunks).build();
    ImmutableList.Builder<Wanted> both = ImmutableList.builder();
    both.addAll(pieces.wanted);
    for (Wanted one : singles.wanted) {
      both.add(new Wanted(pieces.rows + one.row(), one.index(), one.sampling()));
    }
    this.wanted = both.build();
    this.rows = pieces.rows + singles.rows;
    this.pieces = pieces.chunks.size();
  }

  /** Returns {@code pieces}, and {@code singles} of the same step behind them. */
  static CudaChunks mixed(CudaChunks pieces, CudaChunks singles) {
    return new CudaChunks(pieces, singles);
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  int rows() {
    return rows;
  }

  ImmutableList<Wanted> wanted() {
    return wanted;
  }

  /** Returns whether a token is to be sampled for one of {@code count} wanted rows. */
  boolean samples(int from, int count) {
    return wanted.subList(from, from + count).stream().anyMatch(row -> row.sampling().isPresent());
  }

  /**
   * Sends single tokens to the GPU.
   *
   * @param padded how many rows there are, those included that nobody asked for
   */
  CudaRows uploadSingles(CudaInputs inputs, int padded, CudaKvCache memory, CudaBackend device) {
    CudaInputs.Layout at = CudaInputs.Layout.of(padded);
    int width = chunks.stream().mapToInt(CudaChunks::seenPages).max().orElseThrow();
    inputs.tableWidth(width);
    for (int row = 0; row < padded; row++) {
      inputs.choice(at, row, Optional.empty());
      if (row < rows) {
        SequenceChunk chunk = chunks.get(row);
        inputs.row(at, row, chunk.tokens().get(0), chunk.start(), slot(chunk, chunk.start()));
        inputs.pages(at, row, width, chunk.pages(), seenPages(chunk));
      } else {
        inputs.row(at, row, 0, 0, (long) memory.sparePage() * KvPages.PAGE_TOKENS);
        inputs.sparePage(at, row, width, memory.sparePage());
      }
    }
    for (Wanted one : wanted) {
      inputs.choice(at, one.row(), one.sampling());
    }
    inputs.upload(at, padded * width, device.stream());
    return new CudaRows(inputs, padded, new CudaRows.Attention.OfSingles());
  }

  private static int seenPages(SequenceChunk chunk) {
    return KvPages.pagesFor(chunk.start() + chunk.tokens().length());
  }

  private static long slot(SequenceChunk chunk, int position) {
    int page = chunk.pages().get(position / KvPages.PAGE_TOKENS);
    return (long) page * KvPages.PAGE_TOKENS + position % KvPages.PAGE_TOKENS;
  }

  /** Sends pieces of prompts to the GPU, and the single tokens behind them. */
  CudaRows uploadPieces(CudaInputs inputs, CudaBackend device) {
    CudaInputs.Layout at = CudaInputs.Layout.of(rows);
    int row = 0;
    for (SequenceChunk chunk : chunks) {
      for (int i = 0; i < chunk.tokens().length(); i++, row++) {
        int position = chunk.start() + i;
        inputs.row(at, row, chunk.tokens().get(i), position, slot(chunk, position));
      }
    }
    for (int i = 0; i < wanted.size(); i++) {
      inputs.wanted(at, i, wanted.get(i).row());
      inputs.choice(at, i, wanted.get(i).sampling());
    }
    inputs.upload(at, tables(inputs, at), device.stream());
    return new CudaRows(inputs, rows, attention(device.device()));
  }

  /** Writes the pages of the single tokens; returns how many numbers that is. */
  private int tables(CudaInputs inputs, CudaInputs.Layout at) {
    ImmutableList<SequenceChunk> singles = chunks.subList(pieces, chunks.size());
    int width = singles.stream().mapToInt(CudaChunks::seenPages).max().orElse(0);
    inputs.tableWidth(width);
    for (int i = 0; i < singles.size(); i++) {
      inputs.pages(at, i, width, singles.get(i).pages(), seenPages(singles.get(i)));
    }
    return singles.size() * width;
  }

  private CudaRows.Attention attention(Device device) {
    CudaRows.Attention.OfPieces own = ofPieces(device);
    return pieces == chunks.size()
        ? own
        : new CudaRows.Attention.Mixed(own, rows - (chunks.size() - pieces));
  }

  private CudaRows.Attention.OfPieces ofPieces(Device device) {
    long[] endsQ = new long[pieces + 1];
    long[] endsK = new long[pieces + 1];
    int mostQ = 0;
    int mostK = 0;
    for (int i = 0; i < pieces; i++) {
      int length = chunks.get(i).tokens().length();
      int seen = chunks.get(i).start() + length;
      endsQ[i + 1] = endsQ[i] + length;
      endsK[i + 1] = endsK[i] + seen;
      mostQ = Math.max(mostQ, length);
      mostK = Math.max(mostK, seen);
    }
    long[] slots = new long[Ints.checkedCast(endsK[pieces])];
    int next = 0;
    for (SequenceChunk chunk : chunks.subList(0, pieces)) {
      for (int position = 0; position < chunk.start() + chunk.tokens().length(); position++) {
        slots[next++] = slot(chunk, position);
      }
    }
    return new CudaRows.Attention.OfPieces(
        onGpu(slots, DType.INT64, device),
        new FlashAttention.Sequences(
            onGpu(endsQ, DType.INT32, device), onGpu(endsK, DType.INT32, device), mostQ, mostK));
  }

  private static Tensor onGpu(long[] values, DType dtype, Device device) {
    return Tensors.move(Tensors.cast(Tensors.of(values, values.length), dtype), device, dtype);
  }
}
