package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.LinkedHashMultiset;
import com.google.common.collect.Multiset;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.nas.pipeline.CompressionPipeline;
import org.nemotron.nas.pipeline.CompressionPlan;
import org.nemotron.nas.pipeline.NoArchitectureException;

/**
 * The tiny job on a tmpfs that is full in every stage, again and again; for a virtual machine in a
 * namespace of its own, where it may change the size of that tmpfs.
 */
final class FullTmpfs {
  /** A stage of the tiny job writes less than two to the power of ten pages. */
  private static final int MANY = 100;

  private FullTmpfs() {}

  /**
   * Begins the job again until it comes to its end, and compares this with that of an undisturbed
   * job.
   *
   * @param arguments a directory for inputs, where there is room, and the tmpfs
   */
  public static void main(String[] arguments) throws IOException, NoArchitectureException {
    Path directory = Path.of(arguments[0]);
    Path mount = Path.of(arguments[1]);
    DisturbedRun run = new DisturbedRun(new InProcess(directory), mount.resolve("run"));
    SmallDisk disk = new SmallDisk(mount);
    Multiset<String> full = LinkedHashMultiset.create();
    Optional<String> failure = failure(run, disk);
    while (failure.isPresent()) {
      run.checkEndedWell(failure.get());
      checkState(full.size() < MANY, "it does not end: %s", full);
      full.add(disk.underWay());
      disk.roomier();
      failure = failure(run, disk);
    }
    run.checkLeftTheSameAs(directory.resolve("undisturbed"));
    System.out.println("full disks: " + full);
    System.exit(0);
  }

  /** Runs the job, and returns what it said if it failed. */
  private static Optional<String> failure(DisturbedRun run, SmallDisk disk)
      throws IOException, NoArchitectureException {
    try {
      CompressionPlan plan = run.job().plan(run.directory(), ImmutableMap.of());
      int targets = new CompressionPipeline(plan, disk).run().targets().size();
      checkState(targets == 2, "%s children of 2", targets);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}
