package org.nemotron.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Every command takes a GGUF file where it takes a Hugging Face directory. */
final class ModelKindsTest {
  private static final String GGUF = "src/test/resources/field/plain.gguf";

  private static final String SHIPPED = "models/tale-7m";

  private final Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  ModelKindsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private int run(String... arguments) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  private void assertRuns(String... arguments) {
    int exitCode = run(arguments);
    assertThat(err.toString()).isEmpty();
    assertThat(exitCode).isZero();
  }

  private void assertRefused(String sentence, String... arguments) {
    int exitCode = run(arguments);
    assertThat(err.toString().strip()).isEqualTo("nemotron: " + sentence);
    assertThat(exitCode).isEqualTo(1);
    err.getBuffer().setLength(0);
  }

  private String target(String name) {
    return directory.resolve(name).toString();
  }

  private String generated(String model) {
    out.getBuffer().setLength(0);
    assertRuns("generate", model, "Once upon", "--tokens", "8", "--weights", "FLOAT32");
    return out.toString().replaceFirst("\\[8 tokens.*", "");
  }

  @Test
  void generate_ggufFile_saysWhatItsDirectorySays() {
    assertRuns("export", "--to", "hf", "--dtype", "float32", GGUF, target("hf"));
    assertThat(generated(GGUF)).startsWith("Once upon").isEqualTo(generated(target("hf")));
  }

  @Test
  void generate_chatWithoutATemplate_namesTheFile() {
    assertRefused(
        GGUF
            + " has no chat template (tokenizer.chat_template).\n"
            + "Maybe the model was not trained on conversations: let it continue a text.",
        "generate",
        "--chat",
        GGUF,
        "Once");
    assertRuns("generate", GGUF, "Once", "--tokens", "1");
    assertThat(out.toString()).contains("[1 tokens, first after");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gguf-f32", "gguf-f16", "gguf-bf16", "gguf-q8_0", "gguf-q4_0"})
  void export_ggufToGguf_writesAFileThatGenerates(String format) {
    assertRuns("export", "--to", format, GGUF, target("out.gguf"));
    assertThat(generated(target("out.gguf"))).startsWith("Once upon");
  }

  @ParameterizedTest
  @ValueSource(strings = {"hf", "family", "any-model"})
  void export_ggufToADirectory_writesOneThatGenerates(String format) {
    assertRuns("export", "--to", format, GGUF, target("out"));
    assertThat(directory.resolve("out/tokenizer.json")).exists();
    assertThat(generated(target("out"))).startsWith("Once upon");
  }

  @Test
  void export_eightBits_writesADirectoryThatGenerates() {
    assertRuns("export", "--to", "hf", "--dtype", "float8_e4m3fn", GGUF, target("out"));
    assertThat(generated(target("out"))).startsWith("Once upon");
    assertRuns("export", "--to", "hf", "--dtype", "float8_e4m3fn", target("out"), target("again"));
    assertThat(generated(target("again"))).startsWith("Once upon");
  }

  @Test
  void export_ggufToFloat32_changesNoToken() {
    assertRuns("export", "--to", "gguf-f32", GGUF, target("out.gguf"));
    assertThat(generated(target("out.gguf"))).isEqualTo(generated(GGUF));
  }

  @Test
  void export_ontoItselfOrADirectory_isRefusedWithAnotherName() throws IOException {
    Path own = Files.copy(Path.of(GGUF), directory.resolve("own.gguf"));
    assertRefused(
        own + " is the model itself and is not replaced.\nMaybe name a new file.",
        "export",
        own.toString(),
        own.toString());
    assertRefused(
        directory
            + " is a directory, and gguf-q8_0 is a file.\nMaybe name "
            + directory.resolve("model.gguf")
            + ".",
        "export",
        "--to",
        "gguf-q8_0",
        own.toString(),
        directory.toString());
    assertRuns("export", "--to", "gguf-q8_0", own.toString(), target("model.gguf"));
  }

  @Test
  void export_directoryOntoAFile_isRefused() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertRefused(
        file + " is a file and is not replaced.\nMaybe name a new directory.",
        "export",
        "--to",
        "any-model",
        GGUF,
        file.toString());
    assertThat(Files.readString(file)).isEqualTo("x");
  }

  @Test
  void servingBenchmark_ggufFile_isMeasured() {
    assertRuns(
        "serving-benchmark",
        GGUF,
        "--scale",
        "128",
        "--batch",
        "1",
        "--requests",
        "1",
        "--rounds",
        "1",
        "--output",
        target("serving"));
    assertThat(directory.resolve("serving/serving.json")).exists();
  }

  @Test
  void formatAccuracy_ggufFile_isMeasured() throws IOException {
    Path text = Files.writeString(directory.resolve("a.txt"), "Once there was a mill. ".repeat(9));
    assertRuns(
        "format-accuracy",
        "--model",
        GGUF,
        "--text",
        text.toString(),
        "--formats",
        "FLOAT32",
        "--windows",
        "2",
        "--tokens",
        "16");
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "export", "serving-benchmark"})
  void anyCommand_missingModel_isNamed(String command) {
    String[] arguments =
        command.equals("serving-benchmark")
            ? new String[] {command, "nothing"}
            : new String[] {command, "nothing", target("a")};
    assertRefused(
        "nothing is missing; a model is a Hugging Face directory or a GGUF file.", arguments);
  }

  @Test
  void compress_missingParent_isNamed() {
    assertRefused(
        "nothing is missing; a model is a Hugging Face directory or a GGUF file.",
        "compress",
        "--parent",
        "nothing",
        "--output",
        target("run"));
  }

  @Test
  void anyCommand_textWithADash_runsBehindTwoDashes() {
    assertThat(run("generate", GGUF, "- Once")).isEqualTo(2);
    assertThat(err.toString())
        .isEqualTo(
            """
            nemotron: Missing required parameter: 'TEXT'
            Maybe put -- before a text that begins with a dash: - Once
            All options: nemotron generate --help
            """);
    err.getBuffer().setLength(0);
    assertThat(run("generate", GGUF, "Once", "--frobnicate")).isEqualTo(2);
    assertThat(err.toString()).startsWith("nemotron: Unknown option: '--frobnicate'\n");
    err.getBuffer().setLength(0);
    assertRuns("generate", "--tokens", "2", "--", GGUF, "- Once");
    assertThat(out.toString()).startsWith("- Once");
  }

  @Test
  void generate_textWithAnAt_isATextAlsoWhereAFileIsCalledSo() throws IOException {
    Path file = Files.writeString(directory.resolve("words"), "--tokens 5");
    assertRuns("generate", "--tokens", "2", GGUF, "@" + file);
    assertThat(out.toString()).startsWith("@" + file);
  }

  @Test
  void generate_emptyText_isRefused() {
    assertRefused("a prompt must have a token", "generate", SHIPPED, "");
  }

  @Test
  void generate_onlySpecialTokens_isContinued() {
    assertRuns("generate", SHIPPED, "<s>", "--tokens", "2");
    assertThat(out.toString()).startsWith("<s>").contains("[2 tokens, ");
  }

  @Test
  void servingBenchmark_outputIsAFile_isRefusedBeforeItMeasures() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");
    assertRefused(
        file + ": file already exists.", "serving-benchmark", GGUF, "--output", file.toString());
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void anyCommand_oneFileOfADirectory_runsWithTheDirectoryNamed() {
    Path named = Path.of(SHIPPED).toAbsolutePath();
    assertRefused(
        SHIPPED + "/tokenizer.json is one file of a model.\nMaybe name its directory: " + named,
        "generate",
        SHIPPED + "/tokenizer.json",
        "Once");
    assertRuns("generate", named + "/", "Once", "--tokens", "2");
  }

  @Test
  void anyCommand_noneNamed_listsAll() {
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .contains("Missing required subcommand")
        .contains("serving-benchmark");
  }
}
