package org.nemotron.core.provenance;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The SHA-256 of everything that an artifact depends on: equal fingerprints, equal inputs.
 * Immutable.
 *
 * @param hex 64 lower-case hexadecimal digits
 */
public record Fingerprint(String hex) {
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  /** Checks the form. */
  public Fingerprint {
    checkArgument(
        HEX.matcher(hex).matches(), "fingerprint (%s) must be 64 lower-case hex digits", hex);
  }

  /**
   * Returns the fingerprint of the bytes of {@code file}, which is read as a stream.
   *
   * @throws IOException if it cannot be read
   */
  public static Fingerprint ofFile(Path file) throws IOException {
    return new Fingerprint(MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString());
  }

  /** Returns a builder without fields. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public String toString() {
    return hex;
  }

  /**
   * Collects named fields. Their order, names, kinds and values all count.
   *
   * <p>A field enters the hash as its kind, the length of its name, its name, the length of its
   * value and its value: no two different lists of fields have the same bytes.
   */
  public static final class Builder {
    private final Hasher hasher = Hashing.sha256().newHasher();
    private final Set<String> names = new HashSet<>();

    private Builder() {}

    /** Adds a text. */
    @CanIgnoreReturnValue
    public Builder put(String name, String value) {
      return put('s', name, value.getBytes(StandardCharsets.UTF_8));
    }

    /** Adds an integer. */
    @CanIgnoreReturnValue
    public Builder put(String name, long value) {
      begin('l', name, Long.BYTES);
      hasher.putLong(value);
      return this;
    }

    /** Adds a real number; {@code 0.0} and {@code -0.0} differ. */
    @CanIgnoreReturnValue
    public Builder put(String name, double value) {
      begin('d', name, Double.BYTES);
      hasher.putDouble(value);
      return this;
    }

    /** Adds bytes. */
    @CanIgnoreReturnValue
    public Builder put(String name, byte[] value) {
      return put('b', name, value);
    }

    /** Adds another fingerprint. */
    @CanIgnoreReturnValue
    public Builder put(String name, Fingerprint value) {
      return put('f', name, value.hex().getBytes(StandardCharsets.US_ASCII));
    }

    /**
     * Adds the content of {@code file}, which is read as a stream; where it lies does not count.
     *
     * @throws IOException if it cannot be read
     */
    @CanIgnoreReturnValue
    public Builder putFile(String name, Path file) throws IOException {
      return put(name, ofFile(file));
    }

    /** Returns the fingerprint of the fields; the builder is then used up. */
    public Fingerprint build() {
      return new Fingerprint(hasher.hash().toString());
    }

    private Builder put(char kind, String name, byte[] value) {
      begin(kind, name, value.length);
      hasher.putBytes(value);
      return this;
    }

    private void begin(char kind, String name, long valueBytes) {
      checkArgument(names.add(name), "field %s is given twice", name);
      byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
      hasher.putChar(kind).putInt(nameBytes.length).putBytes(nameBytes).putLong(valueBytes);
    }
  }
}
