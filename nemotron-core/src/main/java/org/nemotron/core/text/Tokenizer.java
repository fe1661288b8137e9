package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkState;
import static java.math.RoundingMode.CEILING;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.IntMath;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import com.google.common.primitives.Ints;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntPredicate;

/**
 * The tokenizer.json of a model, completed by the files beside it: text to token ids and back.
 *
 * <p>Text is encoded as it is, except by {@link #encodeWhole}: no special tokens, no padding, no
 * truncation. Safe for use by several threads. Any thread may close it, which waits for calls under
 * way; closing twice is harmless, use after close is refused.
 */
public final class Tokenizer implements AutoCloseable {
  private static final ImmutableMap<String, String> OPTIONS =
      ImmutableMap.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");

  /** How much of a text is encoded before {@link #encodeWhile} looks up. */
  private static final int WATCHED_CHARS = 1 << 16;

  static {
    // Where the native library finds CUDA it would download a variant with CUDA, which tokenizing
    // does not use; the one in its jar serves everywhere. A user's own choice is left alone.
    String flavor = "RUST_FLAVOR";
    System.setProperty(flavor, System.getProperty(flavor, "cpu"));
  }

  private final HuggingFaceTokenizer tokenizer;
  private final TextEnds ends;
  private final Supplier<TokenBytes> bytes;
  private final Supplier<Integer> longest;

  /** Held for reading while native code is called, for writing where it is freed. */
  private final ReadWriteLock use = new ReentrantReadWriteLock();

  private boolean closed = false; // guarded by use

  private Tokenizer(HuggingFaceTokenizer tokenizer, TextEnds ends, byte[] json) {
    this.tokenizer = tokenizer;
    this.ends = ends;
    this.bytes = Suppliers.memoize(() -> TokenBytes.read(json));
    this.longest = Suppliers.memoize(() -> TokenLengths.longest(json));
  }

  /**
   * Returns the tokenizer in {@code directory}, which the caller closes.
   *
   * @throws IOException if there is no tokenizer.json, it or a file beside it is damaged, or they
   *     contradict each other
   */
  public static Tokenizer open(Path directory) throws IOException {
    Path file = directory.resolve(TokenizerJson.FILE);
    if (!Files.exists(file)) {
      throw new IOException(
          directory
              + " has no "
              + TokenizerJson.FILE
              + ".\n"
              + "Maybe the model has only tokenizer.model: load its tokenizer in transformers and"
              + " call save_pretrained, which writes "
              + TokenizerJson.FILE
              + ".");
    }
    byte[] json = TokenizerJson.text(directory).getBytes(StandardCharsets.UTF_8);
    TextEnds ends = TextEnds.read(directory);
    try {
      return new Tokenizer(QuietLogging.during(() -> parsed(json)), ends, json);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    } catch (RuntimeException e) {
      // The native library reports every fault of the file as a bare RuntimeException.
      throw new IOException(file + " is not a tokenizer (" + e.getMessage() + ")", e);
    }
  }

  private static HuggingFaceTokenizer parsed(byte[] json) {
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), OPTIONS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the token that begins a text (bos_token), or nothing if no file names one. */
  public OptionalInt beginToken() {
    return ends.begin().isEmpty() ? OptionalInt.empty() : single(ends.begin());
  }

  /** Returns the token that ends a text (eos_token), or nothing if no file names one. */
  public OptionalInt endToken() {
    return ends.end().isEmpty() ? OptionalInt.empty() : single(ends.end());
  }

  /**
   * Returns whether the files put {@link #beginToken} before each text: tokenizer.json does, or
   * add_bos_token in tokenizer_config.json is true. Models are trained so, as a rule.
   */
  public boolean addsBeginToken() {
    OptionalInt begin = beginToken();
    ImmutableIntArray whole = encodeWhole("");
    return begin.isPresent()
        && (ends.addsBegin() || (!whole.isEmpty() && whole.get(0) == begin.getAsInt()));
  }

  private OptionalInt single(String token) {
    ImmutableIntArray ids = encode(token);
    return ids.length() == 1 ? OptionalInt.of(ids.get(0)) : OptionalInt.empty();
  }

  /** Returns the token ids of {@code text}. */
  public ImmutableIntArray encode(String text) {
    return encode(text, false);
  }

  /**
   * Returns the token ids of {@code text} as {@link #encode(String)} does; a long text is encoded
   * in pieces, with the tokens of the whole, so that the memory for it stays small.
   */
  public ImmutableIntArray encodeLong(String text) {
    if (text.length() <= TokenCorpus.PIECE_CHARS) {
      return encode(text);
    }
    ImmutableIntArray.Builder all = ImmutableIntArray.builder();
    TextPieces.encode(text, TokenCorpus.PIECE_CHARS, this::encode).forEach(all::addAll);
    return all.build();
  }

  /**
   * Returns the token ids of {@code text} as {@link #encode(String)} does; a long text is encoded
   * piece by piece, while {@code goesOn} accepts how many tokens there are so far. Empty once it
   * does not: a text that is too long, or not wanted any more, is not encoded to its end.
   */
  public Optional<ImmutableIntArray> encodeWhile(String text, IntPredicate goesOn) {
    return TextPieces.encodeWhile(text, WATCHED_CHARS, this::encode, goesOn);
  }

  /**
   * Returns how many tokens {@code text} has at least, by its length alone; 0 where nothing is
   * certain, as for tokenizers that leave out or join characters.
   */
  public int leastTokens(String text) {
    int most = longest.get();
    return most == TokenLengths.UNKNOWN ? 0 : IntMath.divide(text.length(), most, CEILING);
  }

  /**
   * Returns the token ids of {@code text}, and which characters each token stands for.
   *
   * @see TokenSpans
   */
  public TokenSpans encodeWithSpans(String text) {
    return inUse(() -> TokenSpans.of(text, tokenizer.encode(text, false, false)));
  }

  /**
   * Returns the token ids of {@code text} with those that tokenizer.json puts around a whole text,
   * most often the one that begins a text.
   */
  public ImmutableIntArray encodeWhole(String text) {
    return encode(text, true);
  }

  private ImmutableIntArray encode(String text, boolean specialTokens) {
    long[] ids = inUse(() -> tokenizer.encode(text, specialTokens, false).getIds());
    ImmutableIntArray.Builder compact = ImmutableIntArray.builder(ids.length);
    for (long id : ids) {
      compact.add(Ints.checkedCast(id));
    }
    return compact.build();
  }

  /** Returns the text of {@code ids}, special tokens included. */
  public String decode(ImmutableIntArray ids) {
    return decode(ids, false);
  }

  /** Returns the text of {@code ids} without special tokens. */
  public String decodeText(ImmutableIntArray ids) {
    return decode(ids, true);
  }

  private String decode(ImmutableIntArray ids, boolean skipSpecialTokens) {
    long[] all = ImmutableLongArray.copyOf(ids.stream().asLongStream()).toArray();
    return inUse(() -> tokenizer.decode(all, skipSpecialTokens));
  }

  /**
   * Returns the bytes of each token, read by the first call.
   *
   * @throws IllegalArgumentException if the tokenizer is of a kind whose bytes are not known
   */
  public TokenBytes tokenBytes() {
    return bytes.get();
  }

  /** Native code ends the process where its memory is freed meanwhile. */
  private <T> T inUse(java.util.function.Supplier<T> call) {
    use.readLock().lock();
    try {
      checkState(!closed, "this tokenizer is closed");
      return call.get();
    } finally {
      use.readLock().unlock();
    }
  }

  @Override
  public void close() {
    use.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        tokenizer.close();
      }
    } finally {
      use.writeLock().unlock();
    }
  }
}
