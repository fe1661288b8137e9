package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.spec.ModelSpec;

/** A model of which every rank has packed its share. */
final class ParallelModel implements InferenceModel {
  private final ModelSpec spec;
  private final ImmutableList<InferenceModel> ranks;
  private final RankThreads threads;
  private final RankGroup group;
  private boolean closed;

  ParallelModel(
      ModelSpec spec, ImmutableList<InferenceModel> ranks, RankThreads threads, RankGroup group) {
    this.spec = spec;
    this.ranks = ranks;
    this.threads = threads;
    this.group = group;
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public int maxRows() {
    return ranks.get(0).maxRows();
  }

  @Override
  public int maxSequences() {
    return ranks.get(0).maxSequences();
  }

  @Override
  public boolean samplesTokens() {
    return ranks.get(0).samplesTokens();
  }

  /** Sums over ranks depend on nothing else in a step: they are made element by element. */
  @Override
  public boolean isBatchInvariant() {
    return ranks.stream().allMatch(InferenceModel::isBatchInvariant);
  }

  /** Returns the memory of all ranks together; what is on every rank counts as often. */
  @Override
  public long weightBytes() {
    return ranks.stream().mapToLong(InferenceModel::weightBytes).sum();
  }

  @Override
  public ImmutableList<String> notes() {
    return ranks.stream()
        .flatMap(rank -> rank.notes().stream())
        .distinct()
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public InferenceSession newSession(int pages, KvFormat format) {
    checkOpen();
    ImmutableList<InferenceSession> sessions =
        new MadeTogether<InferenceSession>(threads, group)
            .all(rank -> ranks.get(rank).newSession(pages, format));
    return new ParallelSession(this, sessions, threads, group);
  }

  void checkOpen() {
    checkState(!closed, "this model is closed");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      threads.finish(group, group.isBroken(), rank -> ranks.get(rank).close());
    }
  }
}
