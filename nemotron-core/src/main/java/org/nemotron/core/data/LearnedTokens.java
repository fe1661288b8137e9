package org.nemotron.core.data;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which tokens of a file are learned: a byte each, 1 for those that are; all where there is no such
 * file. Immutable.
 */
record LearnedTokens(ImmutableList<MappedNumbers> mask) {
  static LearnedTokens open(Path file, long tokens) throws IOException {
    if (!Files.exists(file)) {
      return new LearnedTokens(ImmutableList.of());
    }
    if (Files.size(file) != tokens) {
      throw new IOException(file + " has " + Files.size(file) + " bytes and must have " + tokens);
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return new LearnedTokens(ImmutableList.of(new MappedNumbers(channel, 0, tokens, 1, true)));
    }
  }

  boolean isMasked() {
    return !mask.isEmpty();
  }

  /** Reads which of the tokens from {@code position} on are learned. */
  void read(long position, boolean[] learned, int at, int count) {
    for (int t = 0; t < count; t++) {
      learned[at + t] = mask.isEmpty() || mask.get(0).get(position + t) != 0;
    }
  }
}
