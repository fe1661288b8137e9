package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged tokenizer_config.json files and templates are read or refused. The Maven profile {@code
 * fuzz} tries a million of each.
 */
final class ChatTemplateFuzzTest {
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 1000);
  private static final long SEED = Long.getLong("fuzz.seed", 1);

  private static final String CONFIG =
      "{\"add_bos_token\":true,\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\","
          + "\"chat_template\":[{\"name\":\"default\",\"template\":\"{{ bos_token }}\"},"
          + "{\"name\":\"tools\",\"template\":\"t\"}]}";

  private static final String TEMPLATE =
      "{%- for m in messages -%}{%- if loop.index0 % 2 == 1 %}{{ '[' + m['role'] + ']' }}"
          + "{% else %}{{ m.content | trim }}{% endif %}{%- endfor %}{# end #}";

  private static final ImmutableList<String> PIECES =
      ImmutableList.of(
          "null",
          "[]",
          "{}",
          "\"\"",
          "0",
          "1e999",
          "{{",
          "}}",
          "{%",
          "%}",
          "{#",
          "#}",
          "\\",
          "\"",
          "'",
          "{% raw %}",
          "default",
          "template",
          "[[[[[[[[",
          "\u0000",
          "\n");

  @Test
  @Timeout(3600)
  void read_damagedConfig_isReadOrRefused(@TempDir Path directory) throws IOException {
    feed(directory, "tokenizer_config.json", CONFIG);
  }

  @Test
  @Timeout(3600)
  void read_damagedTemplate_isReadOrRefused(@TempDir Path directory) throws IOException {
    feed(directory, "chat_template.jinja", TEMPLATE);
  }

  private static void feed(Path directory, String file, String seed) throws IOException {
    SplittableRandom random = new SplittableRandom(SEED);
    int read = 0;
    for (int number = 0; number < MUTANTS; number++) {
      byte[] mutant = mutant(random, seed);
      Files.write(directory.resolve(file), mutant);
      try {
        read += ChatTemplate.read(directory).isPresent() ? 1 : 0;
      } catch (IOException | ChatTemplateException e) {
        assertThat(e).hasMessageMatching("(?s).+");
      } catch (RuntimeException | Error e) {
        throw new AssertionError(Base64.getEncoder().encodeToString(mutant), e);
      }
    }
    assertThat(read).isGreaterThan(MUTANTS / 100);
  }

  private static byte[] mutant(SplittableRandom random, String seed) {
    StringBuilder text = new StringBuilder(seed);
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = random.nextInt(text.length() + 1);
      int end = Math.min(text.length(), at + random.nextInt(8));
      if (random.nextBoolean()) {
        text.replace(at, end, PIECES.get(random.nextInt(PIECES.size())));
      } else {
        text.insert(at, text.substring(at, end));
      }
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > 0 && random.nextInt(4) == 0) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }
}
