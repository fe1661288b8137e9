package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Candidate;

/** Files of own scores and costs for the small parent. */
final class OwnJson {
  private OwnJson() {}

  /** Writes and returns a file with the scores of all candidates, and of {@code more}. */
  @CanIgnoreReturnValue
  static Path scores(
      Path file, String metric, ToDoubleFunction<Candidate> degradation, Candidate... more)
      throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("format", 1).put("metric", metric).put("provenance", "a test");
    ObjectNode scores = json.putObject("scores");
    for (List<? extends Candidate> some :
        ImmutableList.of(SmallParent.SPACE.candidates(SmallParent.spec()), List.of(more))) {
      some.forEach(one -> scores.put(one.id(), degradation.applyAsDouble(one)));
    }
    return Files.writeString(file, json.toPrettyString());
  }

  /** Returns the parameters of each sub-block, without its layer. */
  static Map<String, Double> parameters() {
    Map<String, Double> costs = new LinkedHashMap<>();
    for (AttentionSpec spec : SmallParent.SPACE.attentions(SmallParent.spec())) {
      costs.put("attention." + spec.id(), (double) spec.parameters(SmallParent.WIDTH));
    }
    for (FfnSpec spec : SmallParent.SPACE.ffns(SmallParent.spec())) {
      costs.put("ffn." + spec.id(), (double) spec.parameters(SmallParent.WIDTH));
    }
    return costs;
  }

  /** Writes and returns a file with these costs. */
  @CanIgnoreReturnValue
  static Path costs(Path file, String name, Map<String, Double> subBlocks) throws IOException {
    ObjectNode json = PlanFiles.JSON.createObjectNode();
    json.put("format", 1).put("cost", name).put("provenance", "a meter");
    json.put("nonBlock", 80).set("subBlocks", PlanFiles.JSON.valueToTree(subBlocks));
    return Files.writeString(file, json.toPrettyString());
  }

  /** Returns {@code map} with one more entry. */
  static ImmutableMap<String, Double> with(Map<String, Double> map, String key, double value) {
    return ImmutableMap.<String, Double>builder().putAll(map).put(key, value).buildKeepingLast();
  }
}
