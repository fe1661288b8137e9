package org.nemotron.core.eval.task;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;

/**
 * An item of a task.
 *
 * @param index its place in the data, from 0
 * @param question what it asks
 */
public record TaskItem(int index, Question question) {
  /** Returns a hash of the question's texts, 16 hexadecimal digits, the same on every machine. */
  public String digest() {
    Hasher hasher = Hashing.sha256().newHasher();
    for (String text : question.texts()) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      hasher.putInt(bytes.length).putBytes(bytes);
    }
    return hasher.hash().toString().substring(0, 16);
  }
}
