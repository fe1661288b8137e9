package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.data.DataDirectory;

/** Tasks in files of their own, for tests. */
final class OwnTasks {
  private OwnTasks() {}

  /** Returns the task of a JSON text with the examples of another. */
  static BenchmarkTask write(Path folder, String task, String... records) throws IOException {
    Files.write(folder.resolve("own.jsonl"), ImmutableList.copyOf(records));
    Path file = folder.resolve("own.json");
    Files.writeString(file, task);
    return Tasks.read(file);
  }

  /** Returns a task that asks for one of several choices. */
  static String choices(String metrics) {
    return """
    {"name": "own", "version": "1", "asks": "choices", "split": "test",
     "prompt": "Q: {q}\\nA:", "metrics": %s, "shots": {"pool": "train"},
     "data": {"source": "our desk", "files": {"test": ["own.jsonl"], "train": ["own_train"]},
       "forms": [{"has": ["q", "c"], "choices": "c", "answer": "{a}"}]}}
    """
        .formatted(metrics);
  }

  static TaskItem first(BenchmarkTask task, Path folder) throws IOException {
    return task.items(DataDirectory.open(folder)).get(0);
  }

  static ItemAnswer scores(double... sums) {
    ImmutableList.Builder<Likelihood> likelihoods = ImmutableList.builder();
    for (double sum : sums) {
      likelihoods.add(new Likelihood(sum, false));
    }
    return new ItemAnswer(likelihoods.build(), ImmutableList.of());
  }

  static ItemAnswer text(String text) {
    return new ItemAnswer(
        ImmutableList.of(),
        ImmutableList.of(new GeneratedText(text, 1, GeneratedText.Ending.STOP)));
  }
}
