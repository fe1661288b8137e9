package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkElementIndex;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import java.util.stream.IntStream;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.StepOutput;

/**
 * Steps that all ranks make at the same time, each with the keys and values of its heads. The
 * tokens of a step are rank 0's; all ranks read them in the batch of the next step.
 *
 * <p>A rank that fails or is late ends the step, and every later one, with a {@link
 * org.nemotron.core.distributed.RankFailureException}.
 */
final class ParallelSession implements InferenceSession {
  private final ParallelModel model;
  private final ImmutableList<InferenceSession> ranks;
  private final RankThreads threads;
  private final RankGroup group;
  private long steps;
  private boolean closed;

  ParallelSession(
      ParallelModel model,
      ImmutableList<InferenceSession> ranks,
      RankThreads threads,
      RankGroup group) {
    this.model = model;
    this.ranks = ranks;
    this.threads = threads;
    this.group = group;
  }

  @Override
  public InferenceModel model() {
    return model;
  }

  @Override
  public int pages() {
    return ranks.get(0).pages();
  }

  /** Refuses on no rank what is wrong on all: only what breaks a rank may fail on one. */
  private void check(ForwardBatch batch) {
    checkOpen();
    batch.checkFits(model, pages());
    steps++;
  }

  private void checkOpen() {
    model.checkOpen();
    checkState(!closed, "this session is closed");
  }

  @Override
  public StepOutput step(ForwardBatch batch) {
    check(batch);
    return new Output(threads.all(group, rank -> ranks.get(rank).step(batch)));
  }

  @Override
  public void warmUp(int sequences, int promptTokens) {
    checkOpen();
    ImmutableList<Boolean> unused =
        threads.all(
            group,
            rank -> {
              ranks.get(rank).warmUp(sequences, promptTokens);
              return true;
            });
  }

  @Override
  public long saturated() {
    checkOpen();
    return threads.all(group, rank -> ranks.get(rank).saturated()).stream()
        .mapToLong(Long::longValue)
        .sum();
  }

  /** Returns for each layer the time of the rank that took longest. */
  @Override
  public ImmutableLongArray layerNanos(ForwardBatch batch) {
    check(batch);
    ImmutableList<ImmutableLongArray> nanos =
        threads.all(group, rank -> ranks.get(rank).layerNanos(batch));
    return ImmutableLongArray.copyOf(
        IntStream.range(0, nanos.get(0).length())
            .mapToLong(layer -> nanos.stream().mapToLong(own -> own.get(layer)).max().orElseThrow())
            .toArray());
  }

  /** What rank 0 has; logits that are not there yet are made by all ranks together. */
  private final class Output implements StepOutput {
    private final ImmutableList<StepOutput> each;
    private final long number = steps;

    Output(ImmutableList<StepOutput> each) {
      this.each = each;
    }

    @Override
    public int rows() {
      return each.get(0).rows();
    }

    @Override
    public boolean isSampled(int row) {
      return each.get(0).isSampled(row);
    }

    @Override
    public int token(int row) {
      return each.get(0).token(row);
    }

    @Override
    public float[] logits(int row) {
      checkOpen();
      checkState(number == steps, "the logits of a step are lent until the next one");
      int unused = checkElementIndex(row, rows(), "row");
      return threads.all(group, rank -> each.get(rank).logits(row)).get(0);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      threads.finish(group, group.isBroken(), rank -> ranks.get(rank).close());
    }
  }
}
