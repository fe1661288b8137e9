package org.nemotron.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class SearchOnATableTest {
  private static final String PROBLEM =
      """
      {"layers": [
         {"candidates": [{"id": "wide", "score": 0, "costs": {"memoryBytes": 10}},
                         {"id": "thin", "score": 1, "costs": {"memoryBytes": 4}}]},
         {"candidates": [{"id": "wide", "score": 0, "costs": {"memoryBytes": 10}},
                         {"id": "thin", "score": 3, "costs": {"memoryBytes": 4}}]}],
       "budgets": [{"cost": "memoryBytes", "atMost": 14}]}
      """;

  private final Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  SearchOnATableTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private int run(String problem, String... options) throws IOException {
    CommandLine command = SearchOnATable.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    String[] arguments = new String[options.length + 1];
    System.arraycopy(options, 0, arguments, 1, options.length);
    arguments[0] = Files.writeString(file(), problem).toString();
    return command.execute(arguments);
  }

  private Path file() {
    return directory.resolve("problem.json");
  }

  private void assertComplaint(int exitCode, String complaint) {
    assertThat(exitCode).isEqualTo(64);
    assertThat(err.toString().strip()).isEqualTo(file() + ": " + complaint);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void run_somethingFits_printsItsLayersAndExits0() throws IOException {
    assertThat(run(PROBLEM)).isZero();
    assertThat(out.toString()).contains("Solution 1, layer by layer").contains("14.000000");
    assertThat(out.toString()).containsSubsequence("0  thin", "1  wide");
  }

  @Test
  void run_tableWithAByteOrderMark_isRead() throws IOException {
    assertThat(run("\uFEFF" + PROBLEM.replace("\n", "\r\n"))).isZero();
  }

  @Test
  void json_somethingFits_isTheAnswerOfTheDesign() throws IOException {
    assertThat(run(PROBLEM, "--json")).isZero();
    assertThat(out.toString())
        .startsWith("{\"status\":\"found\",\"seconds\":")
        .contains("\"solutions\":[{\"choices\":[\"thin\",\"wide\"],\"score\":1.0,\"bound\":1.0,")
        .contains("\"gap\":0.0,\"costs\":{\"memoryBytes\":14.0}}]}");
  }

  @Test
  void run_nothingFits_saysWhichBudgetAndExits2() throws IOException {
    assertThat(run(PROBLEM.replace("14}", "7}"))).isEqualTo(2);
    assertThat(out.toString())
        .contains(
            "memoryBytes at most 7 cannot be met: the least that an architecture can have is 8");
  }

  @Test
  void json_nothingFits_isTheAnswerOfTheDesign() throws IOException {
    assertThat(run(PROBLEM.replace("14}", "7}"), "--json")).isEqualTo(2);
    assertThat(out.toString())
        .startsWith("{\"status\":\"infeasible\",\"seconds\":")
        .contains("\"clash\":[{\"cost\":\"memoryBytes\",\"atMost\":7.0}],\"nearest\":8.0");
  }

  @Test
  void run_noTime_exits3() throws IOException {
    assertThat(run(PROBLEM, "--time-limit", "1e-9", "--json")).isEqualTo(3);
    assertThat(out.toString()).startsWith("{\"status\":\"outOfTime\",\"seconds\":");
  }

  @Test
  void gap_negative_isRefused() throws IOException {
    assertComplaint(
        run(PROBLEM, "--gap", "-1"), "relativeGap (-1.0) must be from 0 to less than 1");
  }

  @Test
  void gap_wide_keepsTheFirstThatIsWithinIt() throws IOException {
    assertThat(run(PROBLEM.replace("14}", "13}"), "--gap", "0.9", "--json")).isZero();
    assertThat(out.toString()).contains("\"score\":4.0,\"bound\":1.99").contains("\"gap\":0.50");
  }

  @Test
  void frontier_jsonWithThreePoints_isBestAtEachLimit() throws IOException {
    assertThat(
            run(
                PROBLEM.replace("14}", "20}"),
                "--frontier",
                "memoryBytes",
                "--points",
                "3",
                "--json"))
        .isZero();
    assertThat(out.toString())
        .startsWith("{\"cost\":\"memoryBytes\",\"complete\":true,")
        .containsSubsequence(
            "\"limit\":8.0",
            "\"score\":4.0",
            "\"limit\":14.0",
            "\"score\":1.0",
            "\"limit\":20.0",
            "\"score\":0.0");
  }

  @Test
  void frontier_table_hasOneLinePerPoint() throws IOException {
    assertThat(run(PROBLEM, "--frontier", "memoryBytes", "--points", "3")).isZero();
    assertThat(out.toString().lines()).hasSize(5).last().asString().startsWith("Complete, ");
  }

  @Test
  void frontier_unknownCost_namesTheKnownOnes() throws IOException {
    assertComplaint(
        run(PROBLEM, "--frontier", "latency"),
        "cost latency must be one of the candidates' costs [memoryBytes]");
  }

  @Test
  void sensitivity_json_tellsWhereTheChoiceChanges() throws IOException {
    assertThat(run(PROBLEM, "--sensitivity", "--json")).isZero();
    assertThat(out.toString())
        .startsWith("{\"complete\":true,")
        .contains("\"budgets\":[{\"cost\":\"memoryBytes\",\"atMost\":14.0,\"scorePerUnit\":")
        .contains(
            "\"betterLimit\":20.0,\"betterScore\":0.0,\"worseLimit\":14.0,\"worseScore\":4.0");
  }

  @Test
  void sensitivity_table_tellsWhereTheChoiceChanges() throws IOException {
    assertThat(run(PROBLEM, "--sensitivity")).isZero();
    assertThat(out.toString())
        .contains("memoryBytes at most 14.0")
        .contains("  better from 20.0 on: score 0.0000000")
        .contains("  worse beyond 14.0: score 4.0000000");
  }

  @Test
  void sensitivity_nothingFits_explainsAndExits2() throws IOException {
    assertThat(run(PROBLEM.replace("14}", "7}"), "--sensitivity", "--json")).isEqualTo(2);
    assertThat(out.toString()).contains("\"nearest\":8.0");
  }

  @Test
  void run_scoreIsNaN_namesLayerAndCandidate() throws IOException {
    assertComplaint(
        run(PROBLEM.replace("\"score\": 3", "\"score\": \"NaN\"")),
        "layer 1, candidate thin: score (\"NaN\") must be a finite number");
  }

  @Test
  void run_scoreIsABareNaN_namesLayerAndCandidate() throws IOException {
    assertComplaint(
        run(PROBLEM.replace("\"score\": 3", "\"score\": NaN")),
        "layer 1, candidate thin: score (NaN) must be a finite number");
  }

  @Test
  void run_notJson_saysWhere() throws IOException {
    assertThat(run(PROBLEM.replace("\"score\": 3", "\"score\": ]"))).isEqualTo(64);
    assertThat(err.toString()).startsWith(file() + ": not JSON: ").contains(", at line 5, column ");
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Test
  void run_costIsInfinite_namesLayerAndCandidate() throws IOException {
    String text = PROBLEM.replaceFirst("\"memoryBytes\": 10", "\"memoryBytes\": 1e400");
    assertThat(run(text)).isEqualTo(64);
    assertThat(err.toString())
        .startsWith(file() + ": layer 0, candidate wide: cost memoryBytes (")
        .endsWith(") must be a finite number" + System.lineSeparator());
  }

  @Test
  void run_costIsMissing_namesLayerAndCandidate() throws IOException {
    String text = PROBLEM.replaceFirst("\\{\"memoryBytes\": 4}", "{}");
    assertComplaint(
        run(text),
        "layer 0, candidate thin: cost memoryBytes is missing, every candidate must have it");
  }

  @Test
  void run_layerIsEmpty_namesIt() throws IOException {
    assertComplaint(run("{\"layers\": [{\"candidates\": []}]}"), "layer 0 has no candidate");
  }

  @Test
  void run_budgetOfUnknownCost_namesTheKnownOnes() throws IOException {
    assertComplaint(
        run(PROBLEM.replace("\"cost\": \"memoryBytes\"", "\"cost\": \"latency\"")),
        "budget latency: the cost must be one of the candidates' costs [memoryBytes]");
  }

  @Test
  void run_coversReachBeyondTheLastLayer_namesLayerAndCandidate() throws IOException {
    String text =
        """
        {"layers": [{"candidates": [{"id": "a", "score": 0, "costs": {}}]},
                    {"candidates": [{"id": "b", "score": 0, "costs": {}, "covers": 2}]}]}
        """;
    assertComplaint(run(text), "layer 1, candidate b: covers (2) must end within the 2 layers");
  }

  @Test
  void run_fileIsMissing_saysSo() {
    CommandLine command = SearchOnATable.commandLine();
    command.setErr(new PrintWriter(err, true));
    assertThat(command.execute(file().toString())).isEqualTo(64);
    assertThat(err.toString())
        .isEqualTo(file() + ": this file cannot be read (no such file)" + System.lineSeparator());
  }

  @Test
  void run_fileIsNotUtf8_saysSo() throws IOException {
    Path file = directory.resolve("latin.json");
    Files.write(file, new byte[] {'{', (byte) 0xE9, '}'});
    CommandLine command = SearchOnATable.commandLine();
    command.setErr(new PrintWriter(err, true));
    assertThat(command.execute(file.toString())).isEqualTo(64);
    assertThat(err.toString().strip()).isEqualTo(file + ": this file is not valid UTF-8");
  }

  @Test
  void run_unknownOption_exits64() throws IOException {
    assertThat(run(PROBLEM, "--frobnicate")).isEqualTo(64);
    assertThat(err.toString()).contains("--frobnicate");
  }
}
