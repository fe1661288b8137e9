package org.nemotron.examples.killing;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.LinkedHashMultiset;
import com.google.common.collect.Multiset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.nemotron.nas.pipeline.CompressionPipeline;
import org.nemotron.nas.pipeline.NoArchitectureException;

/**
 * The tiny job on a tmpfs that is full in every stage, again and again; for a virtual machine in a
 * namespace of its own, where it may change the size of that tmpfs.
 */
final class FullTmpfs {
  private static final Pattern SENTENCE =
      Pattern.compile(
          "^\\S+ could not be written \\(.*No space left on device\\); what stood there before is"
              + " untouched\\.\nMaybe the disk is full");

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
    Path run = mount.resolve("run");
    InProcess job = new InProcess(directory);
    SmallDisk disk = new SmallDisk(mount);
    Multiset<String> full = LinkedHashMultiset.create();
    Optional<String> failure = failure(job, run, disk);
    while (failure.isPresent()) {
      checkState(SENTENCE.matcher(failure.get()).find(), "%s", failure.get());
      checkState(full.size() < MANY, "it does not end: %s", full);
      checkNothingHalfWritten(run);
      full.add(disk.underWay());
      disk.roomier();
      failure = failure(job, run, disk);
    }
    Path undisturbed = directory.resolve("undisturbed");
    Files.createDirectories(undisturbed.resolve("stages"));
    for (String file : new String[] {"costs.json", "stages/costs.json"}) {
      Files.copy(run.resolve(file), undisturbed.resolve(file));
    }
    checkState(job.run(undisturbed).reused.size() == 1, "more than costs was there before");
    ImmutableList<String> differences = ArtefactComparison.differences(run, undisturbed);
    checkState(differences.isEmpty(), "%s", differences);
    System.out.println("full disks: " + full);
    System.exit(0);
  }

  /** Runs the job, and returns what it said if it failed. */
  private static Optional<String> failure(InProcess job, Path run, SmallDisk disk)
      throws IOException, NoArchitectureException {
    try {
      int targets =
          new CompressionPipeline(job.plan(run, ImmutableMap.of()), disk).run().targets().size();
      checkState(targets == 2, "%s children of 2", targets);
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static void checkNothingHalfWritten(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      ImmutableList<Path> left =
          files
              .filter(file -> file.toString().endsWith(".partial"))
              .collect(ImmutableList.toImmutableList());
      checkState(left.isEmpty(), "%s", left);
    }
  }
}
