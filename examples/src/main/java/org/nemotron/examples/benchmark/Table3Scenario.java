package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.report.ThroughputRow;

/**
 * A row of Table 3: tokens read and written, and what its authors measured with TensorRT-LLM in
 * FP8.
 *
 * @param prompt tokens of each prompt
 * @param output tokens generated for each
 * @param child tokens/s and GPU of the 51B
 * @param childGpus GPUs that shared it
 * @param parent tokens/s and GPU of the 70B
 * @param parentGpus GPUs that shared it
 * @param parentAlone tokens/s of the 70B on one GPU
 */
record Table3Scenario(
    int prompt,
    int output,
    double child,
    int childGpus,
    double parent,
    int parentGpus,
    double parentAlone) {
  static final ImmutableList<Table3Scenario> ALL =
      ImmutableList.of(
          new Table3Scenario(128, 128, 5478, 1, 2645, 1, 2645),
          new Table3Scenario(128, 1024, 6472, 1, 2975, 4, 1274),
          new Table3Scenario(128, 2048, 4910, 2, 2786, 4, 646),
          new Table3Scenario(128, 4096, 3855, 2, 1828, 4, 313),
          new Table3Scenario(2048, 128, 653, 1, 339, 4, 300),
          new Table3Scenario(2048, 2048, 2622, 2, 1336, 4, 319));

  /** Returns the scenario written {@code 128/1024}; without figures if the table has none such. */
  static Table3Scenario parse(String written) {
    List<String> parts = Splitter.on('/').splitToList(written);
    checkArgument(parts.size() == 2, "scenario (%s) must be PROMPT/OUTPUT", written);
    int prompt = Integer.parseInt(parts.get(0));
    int output = Integer.parseInt(parts.get(1));
    checkArgument(prompt > 0 && output > 0, "scenario (%s) must have tokens", written);
    return ALL.stream()
        .filter(row -> row.prompt == prompt && row.output == output)
        .findFirst()
        .orElse(new Table3Scenario(prompt, output, 0, 1, 0, 1, 0));
  }

  int tokens() {
    return prompt + output;
  }

  /**
   * Returns what its authors measured with {@code model}, where they did: on one GPU if {@code
   * gpus} is 1, else on the number that they found best.
   */
  Optional<ThroughputRow.Published> measured(Table3Models model, int gpus) {
    double tokens =
        switch (model) {
          case B51 -> gpus == 1 && childGpus != 1 ? 0 : child;
          case B70 -> gpus == 1 ? parentAlone : parent;
          case B49, B8 -> 0;
        };
    int on = gpus == 1 ? 1 : model == Table3Models.B51 ? childGpus : parentGpus;
    return tokens == 0 ? Optional.empty() : Optional.of(new ThroughputRow.Published(tokens, on));
  }

  @Override
  public String toString() {
    return prompt + "/" + output;
  }
}
