package org.nemotron.examples;

import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.nemotron.nas.pipeline.PipelineListener;

/** A progress bar with remaining time for each stage, on standard error. */
final class ProgressBars implements PipelineListener, AutoCloseable {
  private @Nullable ProgressBar bar;

  @Override
  public void started(String stage, long steps) {
    bar =
        new ProgressBarBuilder()
            .setTaskName(String.format(Locale.ROOT, "%-16s", stage))
            .setInitialMax(steps)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(500)
            .build();
  }

  @Override
  public void advanced(String stage, long done, long steps) {
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public void finished(String stage, double seconds) {
    close();
  }

  @Override
  public void reused(String stage) {
    System.err.printf(Locale.ROOT, "%-16s  reused%n", stage);
  }

  @Override
  public void message(String text) {
    System.err.println(text);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
