package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.io.LittleEndianDataOutputStream;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What stands under a key of a GGUF file: a number, a truth value, a text, or a list. Immutable.
 */
public sealed interface GgufValue {
  /** The code of a list. */
  int LIST = 9;

  /** Returns the code of this value's type. */
  int code();

  /** Writes the value without its code. */
  void writeTo(LittleEndianDataOutputStream out) throws IOException;

  static GgufValue of(String text) {
    return new Text(text);
  }

  static GgufValue of(boolean flag) {
    return new Whole(WholeType.BOOL, flag ? 1 : 0);
  }

  /** Returns an unsigned number of 32 bits. */
  static GgufValue of(long count) {
    return new Whole(WholeType.UINT32, count);
  }

  /** Returns a single-precision number. */
  static GgufValue of(double number) {
    return new Real(4, number);
  }

  /** Whole numbers by their code, size and sign; truth values are among them. */
  enum WholeType {
    UINT8(0, 1, false),
    INT8(1, 1, true),
    UINT16(2, 2, false),
    INT16(3, 2, true),
    UINT32(4, 4, false),
    INT32(5, 4, true),
    BOOL(7, 1, false),
    UINT64(10, 8, false),
    INT64(11, 8, true);

    private final int code;
    private final int bytes;
    private final boolean signed;

    WholeType(int code, int bytes, boolean signed) {
      this.code = code;
      this.bytes = bytes;
      this.signed = signed;
    }

    int code() {
      return code;
    }

    int bytes() {
      return bytes;
    }

    boolean signed() {
      return signed;
    }

    private void write(LittleEndianDataOutputStream out, long value) throws IOException {
      for (int index = 0; index < bytes; index++) {
        out.write((int) (value >> (8 * index)));
      }
    }
  }

  /** A whole number; one beyond the range of long is held as its bits. */
  record Whole(WholeType type, long value) implements GgufValue {
    @Override
    public int code() {
      return type.code();
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      type.write(out, value);
    }
  }

  /** A number of {@code bytes} 4 or 8. */
  record Real(int bytes, double value) implements GgufValue {
    private static final int SINGLE = 6;
    private static final int DOUBLE = 12;

    @Override
    public int code() {
      return bytes == 4 ? SINGLE : DOUBLE;
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      write(out, bytes, value);
    }

    private static void write(LittleEndianDataOutputStream out, int bytes, double value)
        throws IOException {
      if (bytes == 4) {
        out.writeFloat((float) value);
      } else {
        out.writeDouble(value);
      }
    }
  }

  /** A text. */
  record Text(String value) implements GgufValue {
    private static final int CODE = 8;

    @Override
    public int code() {
      return CODE;
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
      out.writeLong(bytes.length);
      out.write(bytes);
    }
  }

  /** A list of whole numbers. */
  record Wholes(WholeType type, ImmutableLongArray values) implements GgufValue {
    @Override
    public int code() {
      return LIST;
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      out.writeInt(type.code());
      out.writeLong(values.length());
      for (int index = 0; index < values.length(); index++) {
        type.write(out, values.get(index));
      }
    }
  }

  /** A list of numbers. */
  record Reals(int bytes, ImmutableDoubleArray values) implements GgufValue {
    @Override
    public int code() {
      return LIST;
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      out.writeInt(bytes == 4 ? Real.SINGLE : Real.DOUBLE);
      out.writeLong(values.length());
      for (int index = 0; index < values.length(); index++) {
        Real.write(out, bytes, values.get(index));
      }
    }
  }

  /** A list of texts. */
  record Texts(ImmutableList<String> values) implements GgufValue {
    @Override
    public int code() {
      return LIST;
    }

    @Override
    public void writeTo(LittleEndianDataOutputStream out) throws IOException {
      out.writeInt(Text.CODE);
      out.writeLong(values.size());
      for (String value : values) {
        new Text(value).writeTo(out);
      }
    }
  }
}
