package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Options from variables. */
final class VariableDefaultsTest {
  private static @Nullable String port(Map<String, String> environment) {
    OptionSpec option = OptionSpec.builder("-p", "--port").build();
    return new VariableDefaults(environment).defaultValue(option);
  }

  @Test
  void defaultValue_ownVariable_winsOverThatOfNim() {
    assertThat(port(Map.of("NEMOTRON_PORT", "1", "NIM_SERVER_PORT", "2"))).isEqualTo("1");
    assertThat(port(Map.of("NEMOTRON_PORT", " ", "NIM_SERVER_PORT", "2"))).isEqualTo("2");
  }

  @Test
  void defaultValue_noVariable_leavesTheDefault() {
    assertThat(port(Map.of("NEMOTRON_HOST", "1"))).isNull();
  }

  @Test
  void notUnderstood_variablesOfNim_areNamed() {
    Map<String, String> environment =
        Map.of(
            "NIM_HEALTH_PORT", "9000",
            "NIM_CACHE_PATH", "/cache",
            "NIM_SERVER_PORT", "8000",
            "NIM_TENSOR_PARALLEL_SIZE", "2",
            "NIM_PIPELINE_PARALLEL_SIZE", "1",
            "PATH", "/bin");
    assertThat(new VariableDefaults(environment).notUnderstood())
        .containsExactly("NIM_HEALTH_PORT", "NIM_TENSOR_PARALLEL_SIZE");
  }

  @Test
  void defaultValue_parameter_isReadByItsLabel() {
    PositionalParamSpec model = PositionalParamSpec.builder().paramLabel("MODEL").build();
    VariableDefaults defaults = new VariableDefaults(Map.of("NIM_MODEL_PATH", "/model"));
    assertThat(defaults.defaultValue(model)).isEqualTo("/model");
  }
}
