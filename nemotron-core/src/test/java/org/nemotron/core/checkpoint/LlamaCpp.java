package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import de.kherud.llama.LlamaModel;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** llama.cpp as a judge of GGUF files. */
final class LlamaCpp {
  private static final long MINUTES = 4;

  private LlamaCpp() {}

  /**
   * What to do with a file: continue the prompt greedily, never by the end token, and compute the
   * last hidden state of the prompt.
   */
  record Question(Path file, String prompt, int newTokens) {}

  /**
   * What came of it.
   *
   * @param error why the file was refused; empty where it was not
   * @param text the continuation
   * @param prompt the token ids of the prompt
   * @param hidden the last hidden state after the final norm, scaled to a length of 1
   */
  record Answer(String error, String text, ImmutableIntArray prompt, ImmutableList<Float> hidden) {}

  /** Returns an answer per question. */
  static ImmutableList<Answer> ask(List<Question> questions, Path scratch)
      throws IOException, InterruptedException {
    Path asked = scratch.resolve("questions");
    Path answered = scratch.resolve("answers");
    Path output = scratch.resolve("output");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(asked))) {
      out.writeInt(questions.size());
      for (Question question : questions) {
        out.writeUTF(question.file().toString());
        out.writeUTF(question.prompt());
        out.writeInt(question.newTokens());
      }
    }
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + scratch,
                "-cp",
                location(LlamaCppProgram.class) + File.pathSeparator + location(LlamaModel.class),
                LlamaCppProgram.class.getName(),
                asked.toString(),
                answered.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended && process.exitValue() == 0).as(tail(output)).isTrue();
    return read(answered, questions.size());
  }

  private static ImmutableList<Answer> read(Path file, int count) throws IOException {
    ImmutableList.Builder<Answer> answers = ImmutableList.builder();
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      for (int left = count; left > 0; left--) {
        String error = in.readUTF();
        String text = in.readUTF();
        ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
        for (int id = in.readInt(); id > 0; id--) {
          ids.add(in.readInt());
        }
        ImmutableList.Builder<Float> hidden = ImmutableList.builder();
        for (int value = in.readInt(); value > 0; value--) {
          hidden.add(in.readFloat());
        }
        answers.add(new Answer(error, text, ids.build(), hidden.build()));
      }
    }
    return answers.build();
  }

  private static String tail(Path output) throws IOException {
    String text = Files.readString(output);
    return text.substring(Math.max(0, text.length() - 2000));
  }

  private static String location(Class<?> type) throws IOException {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }
}
