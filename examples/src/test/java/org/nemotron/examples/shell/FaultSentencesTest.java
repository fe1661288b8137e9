package org.nemotron.examples.shell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.NonFiniteException;

final class FaultSentencesTest {
  private static void assertSentence(Exception fault, String sentence) {
    assertThat(FaultSentences.of(fault)).contains(sentence);
  }

  @Test
  void of_bareNameOfAFile_isASentence() {
    assertSentence(new NoSuchFileException("a/b"), "a/b is missing.");
    assertSentence(new AccessDeniedException("a/b"), "a/b: access denied.");
    assertSentence(new FileSystemException("a/b", null, "Is a directory"), "a/b: Is a directory.");
  }

  @Test
  void of_faultBehindAnother_isSaidToo() {
    assertSentence(new UncheckedIOException(new NoSuchFileException("a/b")), "a/b is missing.");
    assertSentence(
        new IOException("plan", new InvalidPathException("a\0b", "Nul character not allowed")),
        "\"a\0b\" cannot be a path (Nul character not allowed).");
  }

  @Test
  void of_faultWithoutASentence_getsOne() {
    assertSentence(new MalformedInputException(1), "a file is not valid UTF-8 (Input length = 1).");
    assertSentence(
        new EOFException(), "a file ends too early.\nMaybe it was not copied or downloaded whole.");
  }

  @Test
  void of_sentence_isItself() {
    assertSentence(new IOException("a is b"), "a is b");
    assertSentence(new NonFiniteException("a is NaN"), "a is NaN");
    assertSentence(new IllegalArgumentException("a (1) must be 2"), "a (1) must be 2");
  }

  @Test
  void of_faultOfOurs_hasNone() {
    assertThat(FaultSentences.of(new IllegalStateException("closed"))).isEmpty();
    assertThat(FaultSentences.of(new NullPointerException())).isEmpty();
    assertThat(FaultSentences.of(new IllegalArgumentException())).isEmpty();
  }
}
