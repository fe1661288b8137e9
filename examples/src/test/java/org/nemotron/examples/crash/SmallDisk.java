package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.nemotron.nas.pipeline.PipelineListener;

/**
 * A tmpfs that leaves each stage of a run little room: twice as much each time that the stage fails
 * for want of it, and all that it wants once it has passed.
 */
final class SmallDisk implements PipelineListener {
  private static final long PAGE = 4096;
  private static final long PLENTY = 256 << 20;

  private final Path mount;
  private final Set<String> passed = new TreeSet<>();
  private String underWay = "start";
  private long roomBytes = PAGE;

  /** Makes a disk of the tmpfs mounted at {@code mount}. */
  SmallDisk(Path mount) {
    this.mount = mount;
  }

  /** Returns what was under way when last heard of. */
  String underWay() {
    return underWay;
  }

  /** Makes room for all until the stage under way begins again, which gets more the next time. */
  void roomier() {
    roomBytes *= 2;
    leave(PLENTY);
  }

  /** Leaves {@code bytes} beside what is used. */
  private void leave(long bytes) {
    try {
      FileStore store = Files.getFileStore(mount);
      long size = store.getTotalSpace() - store.getUnallocatedSpace() + bytes;
      Process remount =
          new ProcessBuilder("mount", "-o", "remount,size=" + size, mount.toString())
              .inheritIO()
              .start();
      checkState(remount.waitFor() == 0, "the tmpfs cannot have %s bytes", size);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException("the tmpfs does not change its size", e);
    }
  }

  @Override
  public void started(String stage, long steps) {
    if (!stage.equals(underWay)) {
      roomBytes = PAGE;
      underWay = stage;
    }
    leave(passed.contains(stage) ? PLENTY : roomBytes);
  }

  @Override
  public void advanced(String stage, long done, long steps) {}

  /** Behind the evaluation, what every run writes anew has to find room. */
  @Override
  public void finished(String stage, double seconds) {
    if (!stage.equals("evaluation")) {
      passed.add(stage);
      leave(PLENTY);
    }
  }

  @Override
  public void reused(String stage) {}

  @Override
  public void message(String text) {}
}
