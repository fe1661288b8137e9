package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.provenance.FileDigests;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Resources;
import org.nemotron.nas.shard.FlatShards;

/** The state that a single process has saved, as the one slice that has all elements. */
final class WholeState implements StateSlice {
  private final Path directory;
  private final FileDigests digests;
  private final ImmutableMap<String, ImmutableList<Long>> shapes;
  private final Map<String, SafetensorsFile> files = new HashMap<>();
  private final Resources open = new Resources();

  /** Moments in LibTorch's own form, where they are. */
  private Optional<NamedTensors> archived = Optional.empty();

  /**
   * Makes a slice, which is yet to be opened.
   *
   * @param shapes of the child's tensors, in their order
   */
  WholeState(
      Path directory, FileDigests digests, ImmutableMap<String, ImmutableList<Long>> shapes) {
    this.directory = directory;
    this.digests = digests;
    this.shapes = shapes;
  }

  @Override
  public FlatShards.Piece piece(String name) {
    ImmutableList<Long> shape = shapes.get(name);
    return new FlatShards.Piece(0, shape == null ? 0 : Shapes.elements(shape), 0);
  }

  @Override
  public Optional<String> open() throws IOException {
    Optional<String> misfit = digests.misfit(directory);
    if (misfit.isPresent()) {
      return misfit;
    }
    for (String name :
        ImmutableSet.of(GlobalCheckpoint.CURRENT, GlobalCheckpoint.bestOf(digests))) {
      files.put(name, opened(directory.resolve(name), open));
    }
    Path optimizer = directory.resolve(GlobalCheckpoint.OPTIMIZER);
    if (isZip(optimizer)) {
      archived =
          Optional.of(
              open.add(
                  AdamWArchive.read(optimizer, shapes.keySet().asList()), NamedTensors::close));
    } else {
      files.put(GlobalCheckpoint.OPTIMIZER, opened(optimizer, open));
    }
    return Optional.empty();
  }

  /** Returns an open file, which {@code open} closes. */
  static SafetensorsFile opened(Path file, Resources open) throws IOException {
    return open.add(SafetensorsFile.open(file), SafetensorsFile::close);
  }

  /** LibTorch's archives are zip files. */
  private static boolean isZip(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file)) {
      byte[] first = bytes.readNBytes(2);
      return first.length == 2 && first[0] == 'P' && first[1] == 'K';
    }
  }

  @Override
  public Tensor tensor(String kind, String name) throws IOException {
    return switch (kind) {
      case ShardedCheckpoint.CURRENT -> file(GlobalCheckpoint.CURRENT).tensor(name);
      case ShardedCheckpoint.BEST -> file(GlobalCheckpoint.bestOf(digests)).tensor(name);
      default ->
          archived.isPresent()
              ? archived.get().get(StateSlice.key(kind, name))
              : file(GlobalCheckpoint.OPTIMIZER).tensor(StateSlice.key(kind, name));
    };
  }

  private SafetensorsFile file(String name) {
    return checkNotNull(files.get(name), "%s is not open", name);
  }

  @Override
  public void close() {
    open.close();
  }
}
