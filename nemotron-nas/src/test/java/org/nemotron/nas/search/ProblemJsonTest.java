package org.nemotron.nas.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

final class ProblemJsonTest {
  private static final String DESIGN =
      """
      {"layers": [{"candidates": [
          {"id": "kv8+ffn100", "score": 0.0, "costs": {"memoryBytes": 1.5e9, "latencyNanos": 8e8}}
        ]}],
       "fixedCosts": {"memoryBytes": 2.1e9},
       "budgets": [{"cost": "memoryBytes", "atMost": 8.0e10},
                   {"cost": "latencyNanos", "atLeast": 1.0e5}],
       "solutions": 3, "minDifferentLayers": 1}
      """;

  @Test
  void parse_designDocument_readsEveryPart() {
    SearchProblem problem = ProblemJson.parse(DESIGN);
    assertThat(problem.layers().get(0).get(0).costs()).containsEntry("memoryBytes", 1.5e9);
    assertThat(problem.fixedCosts()).containsEntry("memoryBytes", 2.1e9);
    assertThat(problem.budgets())
        .containsExactly(Budget.atMost("memoryBytes", 8e10), Budget.atLeast("latencyNanos", 1e5));
    assertThat(problem.solutions()).isEqualTo(3);
  }

  @Test
  void parse_scoreIsText_namesLayerAndCandidate() {
    assertThatThrownBy(
            () -> ProblemJson.parse(DESIGN.replace("\"score\": 0.0", "\"score\": \"NaN\"")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 0, candidate kv8+ffn100: score (\"NaN\") must be a finite number");
  }

  @Test
  void parse_scoreBeyondDouble_namesLayerAndCandidate() {
    assertThatThrownBy(
            () -> ProblemJson.parse(DESIGN.replace("\"score\": 0.0", "\"score\": 1e999")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("layer 0, candidate kv8+ffn100: score (")
        .hasMessageEndingWith(") must be a finite number");
  }

  @Test
  void parse_unknownKey_namesIt() {
    assertThatThrownBy(() -> ProblemJson.parse(DESIGN.replace("\"budgets\"", "\"budget\"")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "problem: unknown key budget, must be of "
                + "[layers, fixedCosts, budgets, rules, solutions, minDifferentLayers]");
  }

  @Test
  void parse_scoreIsABareNaN_namesLayerAndCandidate() {
    assertThatThrownBy(() -> ProblemJson.parse(DESIGN.replace("\"score\": 0.0", "\"score\": NaN")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layer 0, candidate kv8+ffn100: score (NaN) must be a finite number");
  }

  @Test
  void parse_costIsABareInfinity_namesLayerAndCandidate() {
    assertThatThrownBy(() -> ProblemJson.parse(DESIGN.replace("8e8", "-Infinity")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "layer 0, candidate kv8+ffn100: cost latencyNanos (-Infinity) must be a finite number");
  }

  @Test
  void parse_notJson_saysWhereInOneLine() {
    assertThatThrownBy(() -> ProblemJson.parse("{\"layers\": ]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not JSON: ")
        .hasMessageEndingWith(", at line 1, column 12")
        .hasMessageNotContaining("\n");
  }

  @Test
  void parse_keyTwice_saysWhere() {
    assertThatThrownBy(() -> ProblemJson.parse("{\"layers\": [], \"layers\": []}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("not JSON: Duplicate field 'layers', at line 1, column 24");
  }

  @Test
  void parse_moreAfterTheProblem_saysWhere() {
    assertThatThrownBy(() -> ProblemJson.parse(DESIGN + "{}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("not JSON: Trailing token ");
  }

  private static void assertRefused(String from, String to, String sentence) {
    assertThat(DESIGN).contains(from);
    assertThatThrownBy(() -> ProblemJson.parse(DESIGN.replace(from, to)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  @Test
  void parse_valueOfAnotherKind_saysWhereAndWhatItMustBe() {
    assertThatThrownBy(() -> ProblemJson.parse("[]")).hasMessage("problem must be a JSON object");
    assertThatThrownBy(() -> ProblemJson.parse("{\"layers\": {}}"))
        .hasMessage("problem: layers must be a JSON array");
    assertThatThrownBy(() -> ProblemJson.parse("{\"layers\": [[]]}"))
        .hasMessage("layer 0 must be a JSON object");
    assertThatThrownBy(() -> ProblemJson.parse("{}")).hasMessage("problem: layers is missing");
    String candidate = "layer 0, candidate kv8+ffn100: ";
    assertRefused("\"kv8+ffn100\"", "7", "layer 0, candidate: id (7) must be a text");
    assertRefused("\"id\": \"kv8+ffn100\",", "", "layer 0, candidate: id is missing");
    assertRefused("\"score\": 0.0,", "", candidate + "score is missing");
    assertRefused(
        "\"score\": 0.0", "\"score\": 0.0, \"kinds\": [1]", candidate + "kinds (1) must be texts");
    assertRefused(
        "\"score\": 0.0",
        "\"score\": 0.0, \"covers\": 1.5",
        candidate + "covers (1.5) must be a whole number");
    assertRefused(
        "\"score\": 0.0",
        "\"score\": 0.0, \"covers\": 4294967297",
        candidate + "covers (4294967297) must be a whole number");
    assertRefused(
        "\"score\": 0.0",
        "\"score\": 0.0, \"covers\": 0",
        candidate + "covers (0) must be at least 1");
    assertRefused(
        "{\"memoryBytes\": 2.1e9}", "[2.1e9]", "problem: fixedCosts must be a JSON object");
  }

  @Test
  void parse_keyThatAnObjectDoesNotHave_isNamedWhereItStands() {
    assertRefused(
        "[{\"candidates\"",
        "[{\"name\": 1, \"candidates\"",
        "layer 0: unknown key name, must be of [candidates]");
    assertRefused(
        "\"score\"",
        "\"harm\": 1, \"score\"",
        "layer 0, candidate kv8+ffn100: unknown key harm, must be of [id, score, standardError,"
            + " costs, covers, kinds]");
    assertRefused(
        "\"atLeast\"",
        "\"least\"",
        "budget: unknown key least, must be of [cost, atLeast, atMost]");
    String rules = "\"rules\": [%s], \"solutions\"";
    assertRefused(
        "\"solutions\"",
        rules.formatted("{\"kind\": \"light\", \"layer\": 0}"),
        "rule: unknown key layer, must be of [kind, atLeast, atMost]");
    assertRefused(
        "\"solutions\"",
        rules.formatted("{\"layer\": 0, \"force\": \"kv8+ffn100\", \"kinds\": 1}"),
        "rule: unknown key kinds, must be of [layer, force]");
    assertRefused("\"solutions\"", rules.formatted("{\"layer\": 0}"), "rule: forbid is missing");
    assertRefused(
        "\"solutions\"",
        rules.formatted("{\"layer\": 0, \"forbids\": 1}"),
        "rule: unknown key forbids, must be of [layer, forbid]");
  }

  @Test
  void write_onlyWhatIsNotUsual_isThere() {
    String plain = ProblemJson.write(ProblemJson.parse(DESIGN));
    assertThat(plain).doesNotContain("standardError", "covers", "kinds", "Infinity");
    assertThat(plain)
        .contains("\"budgets\":[{\"cost\":\"memoryBytes\",\"atMost\":8.0E10},")
        .contains("{\"cost\":\"latencyNanos\",\"atLeast\":100000.0}]");
  }

  @Test
  void parse_onlyLayers_hasNoBudgetsRulesOrFixedCosts() {
    String layer = "{\"candidates\": [{\"id\": \"a\", \"score\": 1, \"costs\": {\"memory\": 2}}]}";
    SearchProblem problem = ProblemJson.parse("{\"layers\": [" + layer + "]}");
    assertThat(problem)
        .isEqualTo(
            SearchProblem.builder()
                .layer(Alternative.of("a", 1, ImmutableMap.of("memory", 2.0)))
                .build());
    assertThatThrownBy(
            () ->
                ProblemJson.parse(
                    "{\"layers\": ["
                        + layer
                        + ", "
                        + layer.replace("\"score\"", "\"harm\"")
                        + "]}"))
        .hasMessageStartingWith("layer 1, candidate a: unknown key harm");
  }

  @Test
  void parse_rulesOfEveryKind_areRead() {
    String rules =
        "\"rules\": [{\"layer\": 0, \"force\": \"kv8+ffn100\"}, {\"kind\": \"light\", \"atMost\": 3},"
            + " {\"kind\": \"heavy\", \"atLeast\": 0}], \"solutions\"";
    String kinds =
        DESIGN.replace("\"score\": 0.0", "\"score\": 0.0, \"kinds\": [\"light\", \"heavy\"]");
    assertThat(ProblemJson.parse(kinds.replace("\"solutions\"", rules)).rules())
        .containsExactly(
            Rule.force(0, "kv8+ffn100"), Rule.atMost("light", 3), Rule.atLeast("heavy", 0));
    String two = DESIGN.replace("[{\"candidates\": [", "[{\"candidates\": [%s, ");
    SearchProblem forbidding =
        ProblemJson.parse(
            two.formatted(
                    "{\"id\": \"other\", \"score\": 1, \"costs\": {\"memoryBytes\": 1,"
                        + " \"latencyNanos\": 1}}")
                .replace(
                    "\"solutions\"",
                    "\"rules\": [{\"layer\": 0, \"forbid\": \"other\"}], \"solutions\""));
    assertThat(forbidding.rules()).containsExactly(Rule.forbid(0, "other"));
  }
}
