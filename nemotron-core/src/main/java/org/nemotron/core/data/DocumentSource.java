package org.nemotron.core.data;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * Files that hold documents of one kind. Immutable.
 *
 * @param files paths, or patterns such as {@code data/*.jsonl.zst}; files of a pattern count in the
 *     order of their names
 * @param format what the files are
 * @param content what a record holds: a text, or a conversation
 * @param key the key, or the column, of the text or of the conversation; does not count for text
 *     files and token files
 * @param loss which tokens are learned
 * @param weight how often a window of this source comes, relative to the other sources
 */
public record DocumentSource(
    ImmutableList<String> files,
    Format format,
    Content content,
    String key,
    Loss loss,
    double weight) {

  /** What files are. All but Parquet and token files may be compressed by gzip or zstd. */
  public enum Format {
    /** What the ending of each file's name says: .txt, .jsonl or .ndjson, .parquet, .idx. */
    BY_NAME,
    /** Text with a line {@code <|endoftext|>} between documents. */
    TEXT,
    /** A JSON object per line. */
    JSON_LINES,
    /** Tables, read by an optional library. */
    PARQUET,
    /** Tokens as Megatron-LM writes them: NAME.idx with NAME.bin beside it. */
    MEGATRON
  }

  /** What a record holds. */
  public enum Content {
    /** A text. */
    TEXT,
    /** A list of turns with role and content, which the model's chat template renders. */
    MESSAGES
  }

  /** Which tokens are learned. */
  public enum Loss {
    /** All. */
    ALL_TOKENS,
    /** Those of the assistant's turns in a conversation. */
    ASSISTANT_TURNS
  }

  /** Checks what can be seen without looking at files. */
  public DocumentSource {
    checkArgument(!files.isEmpty(), "files must name at least one file");
    checkArgument(!key.isEmpty(), "key must not be empty");
    checkArgument(
        loss == Loss.ALL_TOKENS || content == Content.MESSAGES,
        "loss (%s) must be ALL_TOKENS where content is TEXT",
        loss);
    checkArgument(
        content == Content.TEXT || (format != Format.TEXT && format != Format.MEGATRON),
        "content (%s) must be TEXT in files of format %s",
        content,
        format);
    checkArgument(
        weight > 0 && Double.isFinite(weight), "weight (%s) must be a positive number", weight);
  }

  /** Returns files whose records are texts, under the key {@code text} where they have keys. */
  public static DocumentSource of(List<String> files) {
    return new DocumentSource(
        ImmutableList.copyOf(files), Format.BY_NAME, Content.TEXT, "text", Loss.ALL_TOKENS, 1);
  }

  /** Returns files whose records are conversations, under the key {@code messages}. */
  public static DocumentSource ofConversations(List<String> files, Loss loss) {
    return new DocumentSource(
        ImmutableList.copyOf(files), Format.BY_NAME, Content.MESSAGES, "messages", loss, 1);
  }

  /** Returns the same with another key. */
  public DocumentSource withKey(String other) {
    return new DocumentSource(files, format, content, other, loss, weight);
  }

  /** Returns the same with another format. */
  public DocumentSource withFormat(Format other) {
    return new DocumentSource(files, other, content, key, loss, weight);
  }

  /** Returns the same with another weight. */
  public DocumentSource withWeight(double other) {
    return new DocumentSource(files, format, content, key, loss, other);
  }

  /** Returns its files in words. */
  String inWords() {
    return String.join(", ", files);
  }
}
