package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.nemotron.nas.pipeline.NoArchitectureException;

/**
 * A run of the tiny job whose disk is full at times.
 *
 * @param job what is run
 * @param directory of the run
 */
record DisturbedRun(InProcess job, Path directory) {
  private static final Pattern SENTENCE =
      Pattern.compile(
          "^\\S+ (could not be written|cannot be made) \\(.*No space left on device\\)[.;,].*\n"
              + "Maybe the disk is full",
          Pattern.DOTALL);

  /** Checks that {@code message} is a sentence with a remedy, and that nothing is half written. */
  void checkEndedWell(String message) throws IOException {
    checkState(SENTENCE.matcher(message).find(), "%s", message);
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      ImmutableList<Path> left =
          files
              .filter(file -> file.toString().endsWith(".partial"))
              .collect(ImmutableList.toImmutableList());
      checkState(left.isEmpty(), "%s", left);
    }
  }

  /**
   * Checks that the run, which has come to its end, left the same as one in {@code undisturbed}
   * that nothing disturbs and that is given its costs.
   */
  void checkLeftTheSameAs(Path undisturbed) throws IOException, NoArchitectureException {
    Files.createDirectories(undisturbed.resolve("stages"));
    for (String file : new String[] {"costs.json", "stages/costs.json"}) {
      Files.copy(directory.resolve(file), undisturbed.resolve(file));
    }
    ImmutableList<String> reused = ImmutableList.copyOf(job.run(undisturbed).reused);
    checkState(reused.equals(ImmutableList.of("costs")), "%s", reused);
    ImmutableList<String> differences = ArtifactComparison.differences(directory, undisturbed);
    checkState(differences.isEmpty(), "%s", differences);
  }
}
