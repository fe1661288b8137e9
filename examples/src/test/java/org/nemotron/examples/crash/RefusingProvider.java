package org.nemotron.examples.crash;

import com.google.common.collect.Iterators;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemException;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nemotron.examples.crash.RefusedWrites.Call;

/**
 * The platform's files, but for calls that {@link #REFUSED} refuses: of the kinds that {@code
 * -Drefused} names. Put in place of the platform's own by {@code
 * -Djava.nio.file.spi.DefaultFileSystemProvider}, so that the program under test knows nothing of
 * it.
 */
public final class RefusingProvider extends FileSystemProvider {
  static final RefusedWrites REFUSED =
      new RefusedWrites(
          Stream.of(System.getProperty("refused", "WRITE").split(","))
              .map(Call::valueOf)
              .collect(Collectors.toSet()));

  private final FileSystemProvider platform;
  private final RefusingFileSystem fileSystem;

  /** Made by the virtual machine. */
  public RefusingProvider(FileSystemProvider platform) {
    this.platform = platform;
    this.fileSystem = new RefusingFileSystem(this, platform.getFileSystem(URI.create("file:///")));
  }

  private Path wrapped(Path path) {
    return fileSystem.wrapped(path);
  }

  private static Path own(Path path) {
    return WrappedPaths.unwrapped(path);
  }

  @Override
  public String getScheme() {
    return platform.getScheme();
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) throws IOException {
    return platform.newFileSystem(uri, environment);
  }

  @Override
  public FileSystem getFileSystem(URI uri) {
    return fileSystem;
  }

  @Override
  public Path getPath(URI uri) {
    return wrapped(platform.getPath(uri));
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    FileChannel channel;
    if (options.contains(StandardOpenOption.WRITE)) {
      REFUSED.check(Call.OPEN, own(path));
      channel =
          new RefusingChannel(platform.newFileChannel(own(path), options, attributes), own(path));
    } else {
      channel = platform.newFileChannel(own(path), options, attributes);
    }
    return channel;
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return newFileChannel(path, options, attributes);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path directory, DirectoryStream.Filter<? super Path> filter) throws IOException {
    DirectoryStream<Path> entries =
        platform.newDirectoryStream(own(directory), path -> filter.accept(wrapped(path)));
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        return Iterators.transform(entries.iterator(), RefusingProvider.this::wrapped);
      }

      @Override
      public void close() throws IOException {
        entries.close();
      }
    };
  }

  @Override
  public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
    REFUSED.check(Call.MAKE_DIRECTORY, own(directory));
    platform.createDirectory(own(directory), attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    platform.delete(own(path));
  }

  @Override
  public void copy(Path source, Path target, CopyOption... options) throws IOException {
    REFUSED.check(Call.OPEN, own(target));
    platform.copy(own(source), own(target), options);
  }

  @Override
  public void move(Path source, Path target, CopyOption... options) throws IOException {
    if (REFUSED.refuses(Call.RENAME, own(target))) {
      throw new FileSystemException(
          own(source).toString(), own(target).toString(), RefusedWrites.REASON);
    }
    platform.move(own(source), own(target), options);
  }

  @Override
  public boolean isSameFile(Path one, Path other) throws IOException {
    return platform.isSameFile(own(one), own(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return platform.isHidden(own(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return platform.getFileStore(own(path));
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    platform.checkAccess(own(path), modes);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return platform.getFileAttributeView(own(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return platform.readAttributes(own(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    return platform.readAttributes(own(path), names, options);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options)
      throws IOException {
    platform.setAttribute(own(path), name, value, options);
  }
}
