package org.nemotron.core.checkpoint.gguf;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The first eight bytes of a GGUF file, its magic word and version; what a file is that begins
 * otherwise is named, for those that are commonly mistaken for one.
 */
final class GgufSignature {
  private static final int MOST_BYTES = 64;

  /** A version whose lower half is zero was written by a machine of the other byte order. */
  private static final long LOWER_HALF = 0xFFFF;

  private static final String LFS = "version https://git-lfs";

  private GgufSignature() {}

  /** Reads magic word and version; the message of an error does not name the file. */
  static void check(GgufInput in) throws IOException {
    byte[] first = in.firstBytes(MOST_BYTES);
    if (!startsWith(first, GgufWriter.MAGIC)) {
      throw new CheckpointFormatException(mistaken(first));
    }
    in.skip(GgufWriter.MAGIC.length);
    long version = in.uint32();
    if (version != 0 && (version & LOWER_HALF) == 0) {
      throw new CheckpointFormatException(
          "the file is big-endian (version "
              + Integer.toUnsignedString(Integer.reverseBytes((int) version))
              + "), which is not supported; little-endian files are.\n"
              + "Maybe convert it: pip install gguf, then gguf-convert-endian FILE little.");
    }
    in.check(
        version == 2 || version == 3,
        "version "
            + version
            + " is not supported; 2 and 3 are.\nMaybe the model is also published as GGUF of"
            + " version 3.");
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return bytes.length >= prefix.length
        && Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }

  private static String mistaken(byte[] first) {
    String text = new String(first, StandardCharsets.ISO_8859_1);
    if (text.startsWith(LFS)) {
      return "the file is a git-lfs pointer, which stands for the file itself.\n"
          + "Maybe run git lfs pull in its clone, or download the file itself.";
    }
    if (text.isEmpty()) {
      return "the file is empty.\nMaybe it was not copied or downloaded whole.";
    }
    if (text.stripLeading().startsWith("<")) {
      return "the file is a page of HTML or XML, not a model.\n"
          + "Maybe the link leads to a page about the file: download the file itself.";
    }
    if (Arrays.asList("lmgg", "fmgg", "tjgg", "algg").contains(text.substring(0, word(text)))) {
      return "the file is of GGML, the format before GGUF, which is not supported.\n"
          + "Maybe the model is also published as GGUF.";
    }
    if (text.length() > 8 && text.charAt(8) == '{') {
      return "the file is a safetensors file, not GGUF.\n"
          + "Maybe name the directory that holds it and config.json.";
    }
    return "the file must begin with GGUF";
  }

  private static int word(String text) {
    return Math.min(text.length(), GgufWriter.MAGIC.length);
  }
}
