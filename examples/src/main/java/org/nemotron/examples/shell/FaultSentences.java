package org.nemotron.examples.shell;

import com.google.common.base.Throwables;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.io.FileFaults;
import org.nemotron.core.tensor.MissingNativesException;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.pipeline.NoArchitectureException;
import org.nemotron.runtime.engine.GenerationFailedException;

/** What a user can mend, in a sentence; never a bare path or the name of a class. */
public final class FaultSentences {
  private FaultSentences() {}

  /** Returns the sentence; empty for a fault of ours, which deserves its trace. */
  public static Optional<String> of(Exception fault) {
    Throwable root = Throwables.getRootCause(fault);
    if (root instanceof InvalidPathException path) {
      return Optional.of(LocaleEncoding.sentence(path));
    }
    if (fault instanceof UncheckedIOException && fault.getCause() instanceof IOException io) {
      return Optional.of(ofIo(io));
    }
    if (fault instanceof IOException io) {
      return Optional.of(ofIo(io));
    }
    boolean ofTheUser =
        fault instanceof NoArchitectureException
            || fault instanceof NonFiniteException
            || fault instanceof RankFailureException
            || fault instanceof MissingNativesException
            || fault instanceof GenerationFailedException
            || fault instanceof CancellationException
            || fault instanceof IllegalArgumentException;
    return ofTheUser && fault.getMessage() != null
        ? Optional.of(fault.getMessage())
        : Optional.empty();
  }

  private static String ofIo(IOException fault) {
    if (fault instanceof NoSuchFileException missing && missing.getReason() == null) {
      return missing.getFile() + " is missing.";
    }
    if (fault instanceof FileSystemException file && file.getFile() != null) {
      return file.getFile() + ": " + FileFaults.words(file) + ".";
    }
    if (fault instanceof CharacterCodingException) {
      return "a file is not valid UTF-8 (" + fault.getMessage() + ").";
    }
    if (fault instanceof EOFException && fault.getMessage() == null) {
      return "a file ends too early.\nMaybe it was not copied or downloaded whole.";
    }
    return String.valueOf(fault.getMessage());
  }
}
