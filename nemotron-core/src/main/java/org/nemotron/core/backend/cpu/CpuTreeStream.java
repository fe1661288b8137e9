package org.nemotron.core.backend.cpu;

import org.jspecify.annotations.Nullable;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.TokenTree;
import org.nemotron.core.tensor.Resources;

/** One thread's room for the trees of a {@link CpuTreeModel}; it grows with the trees. */
final class CpuTreeStream implements AutoCloseable {
  private final CpuModel model;
  private final float[] logits;
  private final ThreadTeam self = new ThreadTeam(1);
  private @Nullable Room room;

  /** Takes the logits of a row. */
  @FunctionalInterface
  interface RowReader {
    void read(int wanted, float[] logits);
  }

  /** Keys, values and intermediate values of so many rows. */
  private static final class Room implements AutoCloseable {
    private final int rows;
    private final CpuKvCache cache;
    private final CpuWorkspace space;
    private final Resources parts;

    Room(CpuModel model, int rows) {
      this.rows = rows;
      try (Resources made = new Resources()) {
        this.cache =
            made.add(new CpuKvCache(model.share(), KvPages.pagesFor(rows)), CpuKvCache::close);
        this.space = made.add(model.newWorkspace(rows), CpuWorkspace::close);
        this.parts = made.complete();
      }
    }

    @Override
    public void close() {
      parts.close();
    }
  }

  CpuTreeStream(CpuModel model) {
    this.model = model;
    this.logits = new float[model.spec().vocabularySize()];
  }

  private Room roomFor(int rows) {
    Room held = room;
    if (held != null && held.rows >= rows) {
      return held;
    }
    int more = held == null ? Math.max(rows, model.maxRows()) : Math.max(rows, 2 * held.rows);
    close(held);
    room = null;
    Room made = new Room(model, more);
    room = made;
    return made;
  }

  private static void close(@Nullable Room room) {
    if (room != null) {
      room.close();
    }
  }

  void run(TokenTree tree, RowReader reader) {
    Room held = roomFor(tree.rows());
    BatchRows rows = BatchRows.of(tree);
    model.embed(rows, held.space);
    CpuStep step = new CpuStep(rows, held.cache, held.space);
    self.run(worker -> run(step, worker, reader));
  }

  private void run(CpuStep all, ThreadTeam.Worker worker, RowReader reader) {
    for (int layer = 0; layer < model.spec().layers() - 1; layer++) {
      model.runLayer(all, layer, worker);
    }
    CpuStep step = model.runLastLayer(all, worker);
    int wanted = step.rows().wanted();
    for (int first = 0; first < wanted; first += CpuSession.HEAD_ROWS) {
      int count = Math.min(CpuSession.HEAD_ROWS, wanted - first);
      step.space().roomForLogits(count, logits.length);
      model.runHead(step, first, count, worker);
      for (int row = 0; row < count; row++) {
        step.space().readLogits(row, logits);
        reader.read(first + row, logits);
      }
    }
  }

  @Override
  public void close() {
    close(room);
    self.close();
  }
}
