package org.nemotron.examples.shell;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The path of a model as a user gives it: a Hugging Face directory or a GGUF file. What is near to
 * one of these is refused with the path that was meant, before anything is read.
 */
public final class ModelArgument {
  private static final String CONFIG = "config.json";
  private static final Pattern HUB_NAME = Pattern.compile("[A-Za-z0-9][\\w.-]*/[\\w.-]+");
  private static final Pattern PART = Pattern.compile(".*-(?!00001)\\d{5}-of-\\d{5}\\.gguf");

  private ModelArgument() {}

  /**
   * Returns {@code model} if it may be one.
   *
   * @throws IOException if it is missing, or another path was meant
   */
  public static Path checked(Path model) throws IOException {
    if (Files.isDirectory(model)) {
      checkDirectory(model);
    } else if (!Files.exists(model)) {
      throw missing(model);
    } else {
      checkFile(model);
    }
    return model;
  }

  private static IOException missing(Path model) {
    String advice =
        HUB_NAME.matcher(model.toString()).matches()
            ? "\nMaybe it is the name of a model on the Hugging Face hub: download it, and give its"
                + " directory."
            : "";
    return new IOException(
        model + " is missing; a model is a Hugging Face directory or a GGUF file." + advice);
  }

  private static void checkFile(Path model) throws IOException {
    Path directory = model.toAbsolutePath().getParent();
    boolean gguf = model.toString().endsWith(".gguf");
    if (!gguf && directory != null && Files.exists(directory.resolve(CONFIG))) {
      throw new IOException(
          model + " is one file of a model.\nMaybe name its directory: " + directory);
    }
  }

  private static void checkDirectory(Path directory) throws IOException {
    if (Files.exists(directory.resolve(CONFIG))) {
      return;
    }
    ImmutableList<Path> files = within(directory, ModelArgument::isGguf);
    ImmutableList<Path> directories = within(directory, path -> Files.exists(path.resolve(CONFIG)));
    if (directories.isEmpty() && Files.isDirectory(directory.resolve("snapshots"))) {
      directories =
          within(directory.resolve("snapshots"), path -> Files.exists(path.resolve(CONFIG)));
    }
    ImmutableList<Path> meant =
        ImmutableList.<Path>builder().addAll(files).addAll(directories).build();
    if (!meant.isEmpty()) {
      throw new IOException(
          directory
              + " has no "
              + CONFIG
              + ", but models within.\nMaybe name "
              + (meant.size() == 1 ? "it" : "the one that is meant")
              + ": "
              + String.join(", ", meant.stream().map(Path::toString).toList()));
    }
  }

  private static boolean isGguf(Path file) {
    return Files.isRegularFile(file)
        && file.toString().endsWith(".gguf")
        && !PART.matcher(file.toString()).matches();
  }

  private static ImmutableList<Path> within(Path directory, Predicate<Path> wanted)
      throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(wanted).sorted().collect(ImmutableList.toImmutableList());
    }
  }
}
