package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A heap so small that JavaCPP's limit is too, and the advice that is given then. */
final class SmallHeapTest {
  private static final Pattern ADVICE = Pattern.compile("start Java with (-D[\\w.]+=\\d+g)");

  private static String output(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx64m"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(SmallHeapProgram.class.getName());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void open_heapOf64Mebibytes_isRefusedAndTheAdviceWorks() throws IOException {
    String refused = output();
    assertThat(refused).contains(" may take ").contains("lets this process have (four times");
    Matcher advice = ADVICE.matcher(refused);
    assertThat(advice.find()).isTrue();
    assertThat(output(advice.group(1)).strip()).isEqualTo("LENGTH");
    assertThat(output("-Dorg.bytedeco.javacpp.maxPhysicalBytes=0").strip()).isEqualTo("LENGTH");
  }
}
