package org.nemotron.core.eval.run;

import java.util.List;
import java.util.Optional;
import org.nemotron.core.eval.task.ItemAnswer;

/** Keeps nothing. */
record NoStore() implements AnswerStore {
  @Override
  public Optional<ItemAnswer> find(String key) {
    return Optional.empty();
  }

  @Override
  public void add(List<Entry> entries) {}
}
