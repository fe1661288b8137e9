package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;

/**
 * Trees by the steps that serve: sequences share the pages that are full of what they have in
 * common. What a sequence shares of its last page is read again for it.
 */
final class PagedTreeModel implements TreeModel {
  private final InferenceModel model;
  private @Nullable InferenceSession session;
  private boolean closed;

  /** Takes {@code model}, which closes with this. */
  PagedTreeModel(InferenceModel model) {
    this.model = model;
  }

  @Override
  public ModelSpec spec() {
    return model.spec();
  }

  @Override
  public int usualRows() {
    return model.maxRows();
  }

  @Override
  public int streams() {
    return 1;
  }

  @Override
  public ImmutableList<String> notes() {
    return model.notes();
  }

  @Override
  public void run(List<TokenTree> trees, LogitsReader reader) {
    checkState(!closed, "this model is closed");
    trees.forEach(tree -> tree.checkFits(spec()));
    for (int index = 0; index < trees.size(); index++) {
      Cancellation.check();
      run(index, trees.get(index), reader);
    }
  }

  private void run(int index, TokenTree tree, LogitsReader reader) {
    PagedTree paged = new PagedTree(tree);
    InferenceSession memory = session(paged.pages());
    for (ImmutableList<PagedTree.Piece> level : paged.levels()) {
      for (List<PagedTree.Piece> some : Lists.partition(level, model.maxSequences())) {
        run(index, some, memory, reader);
      }
    }
  }

  private void run(
      int index, List<PagedTree.Piece> pieces, InferenceSession memory, LogitsReader reader) {
    Iterator<Integer> wanted =
        Iterables.concat(Lists.transform(pieces, piece -> piece.wanted().asList())).iterator();
    List<SequenceChunk> chunks = Lists.transform(pieces, PagedTree.Piece::chunk);
    for (ForwardBatch batch : ChunkedPrefill.of(chunks, model.maxRows())) {
      StepOutput output = memory.step(batch);
      for (int row = 0; row < output.rows(); row++) {
        int target = wanted.next();
        if (target != PagedTree.UNWANTED) {
          reader.read(index, target, output.logits(row));
        }
      }
    }
  }

  private InferenceSession session(int pages) {
    InferenceSession held = session;
    if (held != null && held.pages() >= pages) {
      return held;
    }
    int more = held == null ? pages : Math.max(pages, held.pages() + held.pages() / 2);
    if (held != null) {
      held.close();
      session = null;
    }
    InferenceSession made = model.newSession(more);
    session = made;
    return made;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (session != null) {
        session.close();
      }
      model.close();
    }
  }
}
