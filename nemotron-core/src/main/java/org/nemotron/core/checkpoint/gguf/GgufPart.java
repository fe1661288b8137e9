package org.nemotron.core.checkpoint.gguf;

import com.google.common.base.Strings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.file.MappedBytes;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.tensor.NativeScope;

/** One file of a model, open: its header, and its bytes mapped. */
final class GgufPart implements Closeable {
  /** How files are called that were cut at some byte, not by gguf-split. */
  private static final Pattern PIECE =
      Pattern.compile("(?i)\\.gguf[-.](split|part)|part-?[0-9]+of[0-9]+$");

  private final Path path;
  private final GgufHeader header;
  private final Tensor fileBytes;

  private GgufPart(Path path, GgufHeader header, Tensor fileBytes) {
    this.path = path;
    this.header = header;
    this.fileBytes = NativeScope.keep(fileBytes);
  }

  /** Opens {@code path} and checks its header against its length. */
  static GgufPart open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        NativeScope scope = NativeScope.open()) {
      GgufHeader header = GgufHeader.read(new GgufInput(channel));
      return new GgufPart(path, header, MappedBytes.of(path, channel.size()));
    } catch (NoSuchFileException e) {
      throw new CheckpointFormatException(path + " is missing", e);
    } catch (CheckpointFormatException e) {
      String message = Strings.nullToEmpty(e.getMessage());
      String remedy = message.contains("\nMaybe ") ? "" : ".\nMaybe " + remedy(path) + ".";
      throw new CheckpointFormatException(path + ": " + message + remedy, e);
    }
  }

  private static String remedy(Path path) {
    return PIECE.matcher(path.getFileName().toString()).find()
        ? "the file is a piece of one: join all pieces in order, cat PIECES > model.gguf"
        : "the file was not copied or downloaded whole";
  }

  Path path() {
    return path;
  }

  GgufHeader header() {
    return header;
  }

  /** Returns the bytes of a tensor of this file, owned by the current scope. */
  Tensor bytes(GgufHeader.Entry entry) {
    return fileBytes.narrow(0, entry.begin(), entry.bytes());
  }

  /** Returns all bytes. */
  Tensor fileBytes() {
    return fileBytes;
  }

  @Override
  public void close() {
    NativeScope.release(fileBytes);
  }
}
