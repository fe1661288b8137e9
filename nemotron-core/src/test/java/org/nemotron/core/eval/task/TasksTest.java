package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.data.DataDirectory;

final class TasksTest {
  private Path folder;

  @BeforeEach
  void nameFolder(@TempDir Path temporary) {
    folder = temporary;
  }

  @Test
  void groups_haveTheHarnessMembers() {
    assertThat(group("mmlu").tasks()).hasSize(57).doesNotHaveDuplicates();
    assertThat(group("mmlu_stem").tasks()).hasSize(19);
    assertThat(group("mmlu_other").tasks()).hasSize(13);
    assertThat(group("mmlu_social_sciences").tasks()).hasSize(12);
    assertThat(group("mmlu_humanities").tasks()).hasSize(13);
    assertThat(group("blimp").tasks()).hasSize(67).doesNotHaveDuplicates();
    assertThat(Tasks.names())
        .containsAll(group("mmlu").tasks())
        .containsAll(group("blimp").tasks());
  }

  @Test
  void select_presets_nameTasksThatAreThere() {
    for (String preset : Tasks.presets().keySet()) {
      assertThat(Tasks.select(preset)).as(preset).isNotEmpty();
    }
  }

  @Test
  void select_blog_hasTheShotsOfTheSameGroupsReport() {
    ImmutableList<BenchmarkTask> tasks = Tasks.select("blog");
    assertThat(tasks).hasSize(62);
    assertThat(tasks.get(0).toString()).isEqualTo("winogrande (version 1.0, 5 shots)");
    assertThat(tasks.get(1).shots()).isEqualTo(25);
    assertThat(tasks.get(tasks.size() - 1).shots()).isZero();
  }

  @Test
  void select_shotsBehindAColon_areTaken() {
    assertThat(Tasks.select("piqa:3, copa").stream().map(BenchmarkTask::shots))
        .containsExactly(3, 0);
  }

  @Test
  void select_filesOfTheUser_areTasksBesideTheOthers(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("own.json");
    Files.writeString(file, OwnTasks.choices("[\"acc\"]"));
    ImmutableList<BenchmarkTask> tasks = Tasks.select(file + ":2, copa");
    assertThat(tasks.get(0).name()).isEqualTo("own");
    assertThat(tasks.stream().map(BenchmarkTask::shots)).containsExactly(2, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.select(file + "," + file))
        .withMessage("task own is named twice");
    Path gone = directory.resolve("gone.json");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.select(gone.toString()))
        .withMessage("the task file " + gone + " is missing.\nMaybe its path is another.");
    Files.writeString(file, "{\"name\": 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.select(file.toString()))
        .withMessageStartingWith("the task file " + file + " cannot be read: ");
  }

  @Test
  void select_unknownName_namesTheNearest() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.select("arc_eazy"))
        .withMessageStartingWith(
            "there is no task, group or preset \"arc_eazy\".\nMaybe one of these was meant:"
                + " arc_easy,");
  }

  @Test
  void select_sameTaskTwice_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tasks.select("mmlu,mmlu_anatomy"))
        .withMessage("task mmlu_anatomy is named twice");
  }

  @Test
  void withShots_fixedTask_isRefused() {
    BenchmarkTask task = Tasks.find("blimp_causative").orElseThrow();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> task.withShots(5))
        .withMessage("shots (5) of blimp_causative must be 0: its prompts are fixed");
  }

  @Test
  void items_noFile_saysWhereToGetIt() throws IOException {
    BenchmarkTask task = Tasks.find("hellaswag").orElseThrow();
    DataDirectory data = DataDirectory.open(folder);
    assertThatIOException()
        .isThrownBy(() -> task.items(data))
        .withMessage(
            folder
                + " has no file for the split validation of hellaswag (hellaswag/validation,"
                + " hellaswag/hellaswag_val, hellaswag_val).\n"
                + "Maybe get it from Rowan/hellaswag; or run the task hellaswag_text.");
  }

  @Test
  void items_noFileForShots_isRefused() throws IOException {
    BenchmarkTask task = own("{\"q\": \"why\", \"c\": [\"x\", \"y\"], \"a\": 0}").withShots(2);
    DataDirectory data = DataDirectory.open(folder);
    assertThatIOException()
        .isThrownBy(() -> task.items(data))
        .withMessage(
            "own with 2 shots: "
                + folder
                + " has no file for the split train of own (own_train).\n"
                + "Maybe get it from our desk. Or run it with 0 shots.");
  }

  @Test
  void items_recordOfAnotherForm_isRefused() throws IOException {
    BenchmarkTask task = own("{\"question\": \"why\"}");
    DataDirectory data = DataDirectory.open(folder);
    assertThatIOException()
        .isThrownBy(() -> task.items(data))
        .withMessage(
            folder.resolve("own.jsonl")
                + ", record 1: has the fields question; it must have q, c.\n"
                + "Maybe it is not the data of own, which are our desk.");
  }

  @Test
  void items_answerBeyondTheChoices_isRefused() throws IOException {
    BenchmarkTask task = own("{\"q\": \"why\", \"c\": [\"x\", \"y\"], \"a\": 2}");
    DataDirectory data = DataDirectory.open(folder);
    assertThatIOException()
        .isThrownBy(() -> task.items(data))
        .withMessageContaining("record 1: the answer (2) must be an index from 0 to 1");
  }

  @Test
  void items_emptyChoice_isRefused() throws IOException {
    BenchmarkTask task = own("{\"q\": \"why\", \"c\": [\"x\", \"\"], \"a\": 0}");
    DataDirectory data = DataDirectory.open(folder);
    assertThatIOException()
        .isThrownBy(() -> task.items(data))
        .withMessageStartingWith("own, item 1: one of its choices is empty.\nMaybe ");
  }

  @Test
  void read_unknownKey_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                OwnTasks.write(
                    folder, OwnTasks.choices("[\"acc\"]").replace("\"prompt\"", "\"promt\"")))
        .withMessageContaining(": has the key promt, which means nothing there.\nMaybe one of");
  }

  @Test
  void read_unknownMetric_namesThoseThereAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OwnTasks.write(folder, OwnTasks.choices("[\"accuracy\"]")))
        .withMessageEndingWith(
            ": metric (accuracy) must be one of acc, acc_norm, acc_bytes, acc_mutual_info, mc2,"
                + " exact_match where a task asks for choices");
  }

  @Test
  void group_weightedAndNot_isTheHarness() {
    ImmutableList<TaskResult> results =
        ImmutableList.of(
            result("a", 0.5, 0.1, 10), result("b", 0.25, 0.2, 20), result("c", 0.75, 0.05, 30));
    ImmutableList<String> names = ImmutableList.of("a", "b", "c");
    MetricValue micro = figure(new TaskGroup("g", "1", names, true), results);
    assertThat(micro.value()).isCloseTo(0.5416666666666666, within(1e-12));
    assertThat(micro.standardError()).isCloseTo(0.0730997076017544, within(1e-12));
    MetricValue macro = figure(new TaskGroup("g", "1", names, false), results);
    assertThat(macro.value()).isCloseTo(0.5, within(1e-12));
    assertThat(macro.standardError()).isCloseTo(Math.sqrt(0.01 + 0.04 + 0.0025) / 3, within(1e-12));
    assertThat(macro.n()).isEqualTo(60);
  }

  private static MetricValue figure(TaskGroup group, ImmutableList<TaskResult> results) {
    return group.of(results).values().asList().get(0);
  }

  private static TaskResult result(String task, double value, double error, int n) {
    return new TaskResult(
        task,
        "1",
        0,
        "",
        "acc",
        ImmutableMap.of("acc", new MetricValue(value, error, n, true)),
        0,
        new PromptFacts(
            BosPolicy.TOKENIZER, ImmutableIntArray.of(), n, n, 0, 0, 0, ImmutableList.of()),
        ImmutableList.of(),
        ImmutableList.of());
  }

  private static TaskGroup group(String name) {
    return Optional.ofNullable(Tasks.groups().get(name)).orElseThrow();
  }

  private BenchmarkTask own(String record) throws IOException {
    return OwnTasks.write(folder, OwnTasks.choices("[\"acc\"]"), record);
  }
}
