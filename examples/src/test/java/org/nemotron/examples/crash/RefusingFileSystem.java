package org.nemotron.examples.crash;

import com.google.common.collect.Iterables;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.WatchService;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.spi.FileSystemProvider;
import java.util.Set;

/** The platform's file system with paths that lead to a {@link RefusingProvider}. */
final class RefusingFileSystem extends FileSystem {
  private final FileSystemProvider provider;
  private final FileSystem platform;

  RefusingFileSystem(FileSystemProvider provider, FileSystem platform) {
    this.provider = provider;
    this.platform = platform;
  }

  Path wrapped(Path path) {
    return WrappedPaths.wrapped(path, this);
  }

  @Override
  public FileSystemProvider provider() {
    return provider;
  }

  @Override
  public void close() throws IOException {
    platform.close();
  }

  @Override
  public boolean isOpen() {
    return platform.isOpen();
  }

  @Override
  public boolean isReadOnly() {
    return platform.isReadOnly();
  }

  @Override
  public String getSeparator() {
    return platform.getSeparator();
  }

  @Override
  public Iterable<Path> getRootDirectories() {
    return Iterables.transform(platform.getRootDirectories(), this::wrapped);
  }

  @Override
  public Iterable<FileStore> getFileStores() {
    return platform.getFileStores();
  }

  @Override
  public Set<String> supportedFileAttributeViews() {
    return platform.supportedFileAttributeViews();
  }

  @Override
  public Path getPath(String first, String... more) {
    return wrapped(platform.getPath(first, more));
  }

  @Override
  public PathMatcher getPathMatcher(String pattern) {
    PathMatcher matcher = platform.getPathMatcher(pattern);
    return path -> matcher.matches(WrappedPaths.unwrapped(path));
  }

  @Override
  public UserPrincipalLookupService getUserPrincipalLookupService() {
    return platform.getUserPrincipalLookupService();
  }

  @Override
  public WatchService newWatchService() throws IOException {
    return platform.newWatchService();
  }
}
