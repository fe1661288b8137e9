package org.nemotron.core.backend.cpu;

import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * As long as one is open, LibTorch writes errors on the standard error stream, and no warnings: its
 * level of logging, which {@code TORCH_CPP_LOG_LEVEL} sets when it is loaded, is one higher. A
 * level that was set otherwise is left, and so is one that is not found by its name.
 *
 * <p>The level is the process's: to be open for calls whose warnings are known, not longer.
 */
final class SilencedWarnings implements AutoCloseable {
  private static final String LEVEL = "FLAGS_caffe2_log_level";
  private static final int WARNING = 1;
  private static final int ERROR = 2;

  private final @Nullable IntPointer level;

  private SilencedWarnings(@Nullable IntPointer level) {
    this.level = level;
  }

  /** Begins silence; LibTorch must be loaded. */
  static SilencedWarnings open() {
    Pointer found = Loader.addressof(LEVEL);
    IntPointer level = found == null ? null : new IntPointer(found);
    if (level == null || level.get() != WARNING) {
      return new SilencedWarnings(null);
    }
    level.put(ERROR);
    return new SilencedWarnings(level);
  }

  @Override
  public void close() {
    if (level != null) {
      level.put(WARNING);
    }
  }
}
