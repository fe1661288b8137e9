package org.nemotron.examples.shell;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Reads what the command line leaves out from variables of the environment: {@code --max-batch}
 * from {@code NEMOTRON_MAX_BATCH}, or from the variable of the same meaning that NVIDIA's NIM has.
 */
public final class VariableDefaults implements IDefaultValueProvider {
  private static final String PREFIX = "NEMOTRON_";
  private static final ImmutableListMultimap<String, String> NIM =
      ImmutableListMultimap.of(
          "MODEL", "NIM_MODEL_PATH",
          "PORT", "NIM_SERVER_PORT",
          "SERVED_MODEL_NAME", "NIM_SERVED_MODEL_NAME",
          "MAX_CONTEXT", "NIM_MAX_MODEL_LEN",
          "LOG_LEVEL", "NIM_LOG_LEVEL");

  /** Variables of NIM that may be set without effect: nothing is fetched, and one GPU computes. */
  private static final ImmutableMap<String, String> HARMLESS =
      ImmutableMap.of(
          "NIM_CACHE_PATH", ".*",
          "NIM_TENSOR_PARALLEL_SIZE", "1",
          "NIM_PIPELINE_PARALLEL_SIZE", "1",
          "NIM_JSONL_LOGGING", "(?i)false|0");

  private final Map<String, String> environment;

  /** Reads the environment of this process; picocli calls it. */
  public VariableDefaults() {
    this(System.getenv());
  }

  VariableDefaults(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Returns the variables of NIM that are set and have no meaning here, in order. */
  public ImmutableList<String> notUnderstood() {
    return environment.entrySet().stream()
        .filter(set -> set.getKey().startsWith("NIM_") && !NIM.containsValue(set.getKey()))
        .filter(set -> !set.getValue().isBlank())
        .filter(set -> !set.getValue().matches(HARMLESS.getOrDefault(set.getKey(), "")))
        .map(Map.Entry::getKey)
        .sorted()
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    String name =
        argument instanceof OptionSpec option
            ? option.longestName().replaceFirst("^--", "")
            : argument.paramLabel();
    String key = name.toUpperCase(Locale.ROOT).replace('-', '_');
    return ImmutableList.<String>builder().add(PREFIX + key).addAll(NIM.get(key)).build().stream()
        .map(variable -> environment.getOrDefault(variable, ""))
        .filter(value -> !value.isBlank())
        .findFirst()
        .orElse(null);
  }
}
