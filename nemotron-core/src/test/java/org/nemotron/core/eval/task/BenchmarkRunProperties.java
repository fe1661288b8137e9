package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.text.Tokenizer;

/** Laws of runs, whatever the task. */
final class BenchmarkRunProperties {
  private static final MetricValue NONE = new MetricValue(Double.NaN, 0, 0, true);

  /** The one that is open. */
  private static final List<Tokenizer> TOKENIZERS = new ArrayList<>();

  @BeforeContainer
  static void open() throws IOException {
    TOKENIZERS.add(Tokenizer.open(Path.of("../examples/models/tale-7m")));
  }

  @AfterContainer
  static void close() {
    TOKENIZERS.forEach(Tokenizer::close);
  }

  @Property(tries = 15)
  void permutingItemsChangesNoFigure(@ForAll("tasks") String task, @ForAll long seed)
      throws IOException {
    BenchmarkTask benchmark = Tasks.find(task).orElseThrow();
    List<TaskItem> items = new ArrayList<>(items(benchmark));
    TaskResult inOrder = run(benchmark, items);
    Collections.shuffle(items, new Random(seed));
    TaskResult permuted = run(benchmark, items);
    inOrder
        .metrics()
        .forEach(
            (metric, value) -> {
              MetricValue other = permuted.metrics().getOrDefault(metric, NONE);
              assertThat(other.value()).as(metric).isCloseTo(value.value(), within(1e-9));
            });
  }

  @Property(tries = 10)
  void partsAnsweredAloneAreThoseOfTheWhole(@ForAll("tasks") String task) throws IOException {
    BenchmarkTask benchmark = Tasks.find(task).orElseThrow();
    ImmutableList<TaskItem> items = items(benchmark);
    TaskResult whole = run(benchmark, items);
    for (int i = 0; i < items.size(); i++) {
      assertThat(run(benchmark, items.subList(i, i + 1)).items())
          .containsExactly(whole.items().get(i));
    }
  }

  @Property(tries = 10)
  void modelAgreesWithItself(@ForAll("tasks") String task) throws IOException {
    BenchmarkTask benchmark = Tasks.find(task).orElseThrow();
    TaskResult result = run(benchmark, items(benchmark));
    TaskComparison comparison = TaskComparison.of(result, result, new Bootstrap(50, 1, 0.9));
    assertThat(comparison.agreement()).isEqualTo(1);
    assertThat(comparison.figures().difference().value()).isZero();
  }

  @Provide
  Arbitrary<String> tasks() {
    return Arbitraries.of(
        "arc_easy", "winogrande", "lambada_openai", "truthfulqa_mc2", "gsm8k", "blimp_causative");
  }

  private static ImmutableList<TaskItem> items(BenchmarkTask task) throws IOException {
    return task.items(DataDirectory.open(Path.of("src/test/resources/eval/original")));
  }

  private static TaskResult run(BenchmarkTask task, List<TaskItem> items) {
    return BenchmarkRun.of(
        task, items, new FakeModel(TOKENIZERS.get(0), 1024), BosPolicy.TOKENIZER);
  }
}
