package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.io.MoreFiles;
import com.google.common.io.RecursiveDeleteOption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the tokenizer files of a model lie: in its Hugging Face directory; or, of a GGUF file,
 * which holds a tokenizer within, in a temporary directory that goes when this closes.
 *
 * <p>Used by one thread at a time, which may change. Closing twice is harmless; use after close is
 * refused.
 */
public final class TokenizerDirectory implements AutoCloseable {
  private final Path path;
  private final Optional<Path> temporary;
  private boolean closed;

  private TokenizerDirectory(Path path, Optional<Path> temporary) {
    this.path = path;
    this.temporary = temporary;
  }

  /**
   * Returns the tokenizer files of {@code model}, which the caller closes.
   *
   * @param model a Hugging Face directory, or a GGUF file
   * @throws IOException if the GGUF file is damaged, or its tokenizer is of a kind that is not
   *     supported
   */
  public static TokenizerDirectory of(Path model) throws IOException {
    if (!Files.isRegularFile(model)) {
      return new TokenizerDirectory(model, Optional.empty());
    }
    Path temporary = Files.createTempDirectory("nemotron-tokenizer");
    try {
      // A model card calls the parent what this directory is called.
      Path directory = temporary.resolve(model.toAbsolutePath().getFileName().toString());
      Files.createDirectory(directory);
      GgufModelUnpacker.writeTokenizer(model, directory);
      return new TokenizerDirectory(directory, Optional.of(temporary));
    } catch (IOException e) {
      delete(temporary);
      throw e;
    }
  }

  /** Returns the directory. */
  public Path path() {
    checkState(!closed, "this tokenizer's directory is closed");
    return path;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      try {
        if (temporary.isPresent()) {
          delete(temporary.get());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    MoreFiles.deleteRecursively(directory, RecursiveDeleteOption.ALLOW_INSECURE);
  }
}
