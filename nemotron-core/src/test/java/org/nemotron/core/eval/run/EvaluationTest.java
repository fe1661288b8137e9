package org.nemotron.core.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.task.BenchmarkRun;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.text.Tokenizer;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EvaluationTest {
  private static final Path DATA = Path.of("src/test/resources/eval/converted");
  private static final Fingerprint FIRST = Fingerprint.builder().put("model", 1).build();
  private static final Fingerprint SECOND = Fingerprint.builder().put("model", 2).build();

  private Tokenizer tokenizer;

  @BeforeAll
  void open() throws IOException {
    tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"));
  }

  @AfterAll
  void close() {
    tokenizer.close();
  }

  /** Answers by a hash of the request, and breaks down after so many calls. */
  private final class Hashed implements LanguageModel {
    private final int calls;
    private int scored;
    private int called;

    Hashed(int calls) {
      this.calls = calls;
    }

    @Override
    public Tokenizer tokenizer() {
      return tokenizer;
    }

    @Override
    public int maxLength() {
      return 1024;
    }

    private int hash(ImmutableIntArray ids) {
      return Hashing.murmur3_32_fixed().hashString(ids.toString(), StandardCharsets.UTF_8).asInt();
    }

    @Override
    public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
      if (++called > calls) {
        throw new IllegalStateException("the power is out");
      }
      scored += requests.size();
      return requests.stream()
          .map(request -> hash(request.context()) ^ hash(request.continuation()))
          .map(hash -> new Likelihood(hash / 1e7 - 300, hash % 2 == 0))
          .collect(ImmutableList.toImmutableList());
    }

    @Override
    public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
      return requests.stream()
          .map(
              request ->
                  new GeneratedText(
                      "The answer is " + hash(request.prompt()) + ".",
                      9,
                      GeneratedText.Ending.STOP))
          .collect(ImmutableList.toImmutableList());
    }
  }

  private static ImmutableList<TaskItem> items(BenchmarkTask task) throws IOException {
    return task.items(DataDirectory.open(DATA));
  }

  private Evaluation evaluation(LanguageModel model, Fingerprint fingerprint, AnswerStore store) {
    return new Evaluation(model, fingerprint, BosPolicy.TOKENIZER, store, (task, done, all) -> {});
  }

  @Test
  void run_anyTask_givesWhatOneCallGives() throws IOException {
    for (BenchmarkTask task : Tasks.select("arc_easy,lambada_openai,gsm8k_cot")) {
      TaskResult result =
          evaluation(new Hashed(99), FIRST, AnswerStore.none()).run(task, items(task));
      assertThat(result)
          .isEqualTo(BenchmarkRun.of(task, items(task), new Hashed(99), BosPolicy.TOKENIZER));
    }
  }

  @Test
  void run_brokenDownBetweenTasks_goesOnFromTheLog(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("items.jsonl");
    ImmutableList<BenchmarkTask> tasks = Tasks.select("arc_easy,lambada_openai");
    Hashed broken = new Hashed(1);
    try (ItemLog log = ItemLog.open(file)) {
      Evaluation run = evaluation(broken, FIRST, log);
      TaskResult unused = run.run(tasks.get(0), items(tasks.get(0)));
      assertThatThrownBy(() -> run.run(tasks.get(1), items(tasks.get(1))))
          .hasMessage("the power is out");
    }
    Hashed next = new Hashed(99);
    try (ItemLog log = ItemLog.open(file)) {
      Evaluation run = evaluation(next, FIRST, log);
      for (BenchmarkTask task : tasks) {
        assertThat(run.run(task, items(task)))
            .isEqualTo(
                evaluation(new Hashed(99), FIRST, AnswerStore.none()).run(task, items(task)));
      }
      assertThat(run.reused()).isEqualTo(items(tasks.get(0)).size());
      assertThat(next.scored).isEqualTo(items(tasks.get(1)).size());
    }
    assertThat(Files.readAllLines(file))
        .hasSize(items(tasks.get(0)).size() + items(tasks.get(1)).size());
  }

  @Test
  void run_otherModelOrOtherRequests_asksAgain(@TempDir Path directory) throws IOException {
    BenchmarkTask task = Tasks.select("lambada_openai").get(0);
    try (ItemLog log = ItemLog.open(directory.resolve("items.jsonl"))) {
      TaskResult unused = evaluation(new Hashed(99), FIRST, log).run(task, items(task));
      Hashed other = new Hashed(99);
      Evaluation ofOther = evaluation(other, SECOND, log);
      unused = ofOther.run(task, items(task));
      assertThat(ofOther.reused()).isZero();
      assertThat(other.scored).isEqualTo(items(task).size());
      Hashed again = new Hashed(0);
      unused = evaluation(again, FIRST, log).run(task, items(task));
      assertThat(again.scored).isZero();
    }
  }

  @Test
  void progress_run_endsWithAllItems() throws IOException {
    BenchmarkTask task = Tasks.select("lambada_openai").get(0);
    List<Integer> done = new ArrayList<>();
    Evaluation run =
        new Evaluation(
            new Hashed(99),
            FIRST,
            BosPolicy.TOKENIZER,
            AnswerStore.none(),
            (name, items, all) -> done.add(items));
    TaskResult unused = run.run(task, items(task));
    assertThat(done).isSorted().contains(0).endsWith(items(task).size());
  }
}
