package org.nemotron.core.eval.run;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.eval.task.ItemAnswer;

/** Keeps what a model answered, so that it need not be asked again. */
public interface AnswerStore {
  /**
   * What a model answered to an item.
   *
   * @param task the task's name
   * @param item the item's place in the data, from 0
   * @param key equal for the same requests to the same model
   * @param answer what it answered
   */
  record Entry(String task, int item, String key, ItemAnswer answer) {}

  /** Returns the answer of that key, if it is known. */
  Optional<ItemAnswer> find(String key);

  /**
   * Keeps answers.
   *
   * @throws IOException if they cannot be written
   */
  void add(List<Entry> entries) throws IOException;

  /** Returns a store that keeps nothing. */
  static AnswerStore none() {
    return new NoStore();
  }
}
