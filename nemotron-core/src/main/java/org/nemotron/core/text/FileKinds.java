package org.nemotron.core.text;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.nemotron.core.io.CompressedFiles;

/** Files that are no text, recognized by their first bytes, or tables by their names. */
final class FileKinds {
  private static final String UNPACK =
      "Maybe unpack it: plain text is read, and text compressed by gzip or zstd.";
  private static final String ENDS = "write its texts to a text file, with a line <|endoftext|>";

  /** The remedy for tables that nothing reads. */
  static final String WRITE_TEXTS = "Maybe " + ENDS + " between documents.";

  /** The remedy for what is read as documents. */
  static final String AS_DOCUMENTS =
      "Maybe give it as documents in place of a text (compress --data, inputs.documents of a plan);"
          + " or "
          + ENDS
          + " between documents.";

  private static final String SAVE_AS_TEXT = "Maybe save it as plain text, in UTF-8.";
  private static final String ANOTHER = "Maybe another file was meant.";

  /** What stands at place {@code at} of files of this kind. */
  @SuppressWarnings("ArrayRecordComponent") // constants, compared by nobody
  private record Kind(String name, int at, byte[] bytes, String advice) {
    static Kind of(String name, String first, String advice) {
      return new Kind(name, 0, first.getBytes(StandardCharsets.ISO_8859_1), advice);
    }

    String sentence(Path file) {
      return file + " is " + name + ", not text.\n" + advice;
    }
  }

  private static final ImmutableList<Kind> KINDS =
      ImmutableList.of(
          Kind.of("a Parquet table", "PAR1", AS_DOCUMENTS),
          Kind.of("an Arrow table", "ARROW1\0\0", WRITE_TEXTS),
          Kind.of("an Arrow table", "\u00FF\u00FF\u00FF\u00FF", WRITE_TEXTS),
          Kind.of("an Avro table", "Obj\u0001", WRITE_TEXTS),
          Kind.of("an SQLite database", "SQLite format 3\0", WRITE_TEXTS),
          Kind.of("an HDF5 file", "\u0089HDF\r\n\u001A\n", WRITE_TEXTS),
          Kind.of("a NumPy array", "\u0093NUMPY", WRITE_TEXTS),
          Kind.of("a zip archive (or .docx, .xlsx, .epub)", "PK\u0003\u0004", UNPACK),
          Kind.of("compressed by zstd twice", "(\u00B5/\u00FD", UNPACK),
          new Kind("compressed by bzip2", 4, ascii("1AY&SY"), UNPACK),
          Kind.of("compressed by xz", "\u00FD7zXZ\0", UNPACK),
          Kind.of("compressed by lz4", "\u0004\"M\u0018", UNPACK),
          Kind.of("compressed by gzip twice", "\u001F\u008B", UNPACK),
          Kind.of("a 7-Zip archive", "7z\u00BC\u00AF'\u001C", UNPACK),
          Kind.of("a RAR archive", "Rar!\u001A\u0007", UNPACK),
          new Kind("a tar archive", 257, ascii("ustar"), UNPACK),
          Kind.of("a PDF document", "%PDF-", SAVE_AS_TEXT),
          Kind.of("an RTF document", "{\\rtf", SAVE_AS_TEXT),
          Kind.of("a GGUF model", "GGUF\u0003\0\0\0", ANOTHER),
          new Kind("a safetensors file", 5, ascii("\0\0\0{\""), ANOTHER),
          Kind.of(
              "a pointer of git-lfs",
              "version https://git-lfs.github.com/spec/",
              "Maybe fetch the file itself: git lfs pull."));

  private static final ImmutableList<String> TABLES = ImmutableList.of(".csv", ".tsv");

  private FileKinds() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Checks that {@code file} is none of these. */
  static void checkIsText(Path file, TextBytes bytes) throws IOException {
    for (Kind kind : KINDS) {
      if (bytes.has(kind.at(), kind.bytes())) {
        throw new IOException(kind.sentence(file));
      }
    }
    String name = plainName(file);
    for (String table : TABLES) {
      if (name.endsWith(table)) {
        throw new IOException(file + " is a table (" + table + "), not text.\n" + WRITE_TEXTS);
      }
    }
  }

  /** Returns the name of a file in lower case, without the ending of a compressed one. */
  static String plainName(Path file) {
    return CompressedFiles.plainName(file);
  }
}
