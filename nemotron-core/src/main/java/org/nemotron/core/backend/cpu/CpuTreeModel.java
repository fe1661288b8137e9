package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.TokenTree;
import org.nemotron.core.inference.TreeModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CoreLeases;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;

/**
 * Trees on the CPU: each thread computes a tree of its own with the weights that all share, which
 * are packed as one part. Threads never wait for each other.
 */
final class CpuTreeModel implements TreeModel {
  private static final int USUAL_ROWS = 256;

  private final CpuModel model;
  private final int streams;
  private final TensorThreads threads;
  private final Queue<CpuTreeStream> idle = new ConcurrentLinkedQueue<>();
  private final Resources parts;
  private boolean closed;

  /** Packs the weights of the model that {@code spec} describes; {@code streams} threads. */
  CpuTreeModel(ModelSpec spec, WeightSource weights, WeightFormat format, int streams) {
    this.streams = streams;
    try (Resources made = new Resources();
        ThreadTeam one = new ThreadTeam(1);
        CoreLeases.Party core = CoreLeases.of(1).join()) {
      this.threads = made.add(new TensorThreads(streams), TensorThreads::close);
      this.model =
          made.add(
              new CpuModel(
                  RankShare.whole(spec),
                  RankMember.alone(),
                  weights,
                  format,
                  new LeasedTeam(one, core, TeamSize.only(1)),
                  USUAL_ROWS),
              CpuModel::close);
      model.coverPositions(spec.maxPositions());
      this.parts = made.complete();
    }
  }

  @Override
  public ModelSpec spec() {
    return model.spec();
  }

  @Override
  public int usualRows() {
    return USUAL_ROWS;
  }

  @Override
  public int streams() {
    return streams;
  }

  @Override
  public ImmutableList<String> notes() {
    return model.notes();
  }

  @Override
  public void run(List<TokenTree> trees, LogitsReader reader) {
    checkState(!closed, "this model is closed");
    trees.forEach(tree -> tree.checkFits(spec()));
    List<Integer> indices = IntStream.range(0, trees.size()).boxed().toList();
    threads.forEach(indices, index -> run(index, trees.get(index), reader));
  }

  private void run(int index, TokenTree tree, LogitsReader reader) {
    CpuTreeStream polled = idle.poll();
    CpuTreeStream stream = polled == null ? new CpuTreeStream(model) : polled;
    try {
      stream.run(tree, (wanted, logits) -> reader.read(index, wanted, logits));
    } finally {
      idle.add(stream);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      idle.forEach(CpuTreeStream::close);
      parts.close();
    }
  }
}
