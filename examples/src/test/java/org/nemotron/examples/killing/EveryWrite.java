package org.nemotron.examples.killing;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Multiset;
import com.google.common.collect.TreeMultiset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.nemotron.examples.killing.RefusedWrites.Call;
import org.nemotron.examples.killing.RefusedWrites.Refused;
import org.nemotron.nas.pipeline.NoArchitectureException;

/**
 * The tiny job, begun again and again: each time the disk is full at the next call that needs room,
 * until there is none left that has not met it. For a virtual machine with a {@link
 * RefusingProvider}.
 */
final class EveryWrite {
  private static final RefusedWrites REFUSED = RefusingProvider.REFUSED;
  private static final Pattern SENTENCE =
      Pattern.compile("^\\S+ (could not be written|cannot be made) \\(.*\\)[.;,]");

  private EveryWrite() {}

  /**
   * Runs the job to its end, looks whether each refusal is told well and leaves nothing half
   * written, and compares the end with that of an undisturbed job.
   *
   * @param arguments a directory for inputs and runs
   */
  public static void main(String[] arguments) throws IOException, NoArchitectureException {
    Path directory = Path.of(arguments[0]);
    Path run = directory.resolve("run");
    InProcess job = new InProcess(directory);
    while (refused(job, run)) {
      // the next run goes on where this one was refused
    }
    REFUSED.disarm();
    Path undisturbed = directory.resolve("undisturbed");
    Files.createDirectories(undisturbed.resolve("stages"));
    for (String file : new String[] {"costs.json", "stages/costs.json"}) {
      Files.copy(run.resolve(file), undisturbed.resolve(file));
    }
    checkState(job.run(undisturbed).reused.size() == 1, "more than costs was there before");
    ImmutableList<String> differences = ArtefactComparison.differences(run, undisturbed);
    checkState(differences.isEmpty(), "%s", differences);
    Multiset<Call> calls = TreeMultiset.create();
    REFUSED.all().forEach(refused -> calls.add(refused.call()));
    System.out.println("refused, each once: " + calls);
    REFUSED.all().forEach(System.out::println);
    System.exit(0);
  }

  /** Runs the job, and returns whether something was refused. */
  private static boolean refused(InProcess job, Path run)
      throws IOException, NoArchitectureException {
    REFUSED.arm(WrappedPaths.unwrapped(run));
    try {
      checkState(job.run(run).started.contains("evaluation"), "the run did not come to its end");
      checkState(REFUSED.latest().isEmpty(), "%s had no effect", REFUSED.latest());
      return false;
    } catch (IOException e) {
      check(String.valueOf(e.getMessage()), run, REFUSED.latest().orElseThrow());
      return true;
    }
  }

  private static void check(String message, Path run, Refused refused) throws IOException {
    String artefact = refused.file().replaceFirst("^((?:checkpoints/)?child[^./]*)/.*", "$1");
    checkState(
        message.startsWith(run.resolve(artefact).toString())
            && SENTENCE.matcher(message).find()
            && message.contains(RefusedWrites.REASON)
            && message.contains("\nMaybe the disk is full"),
        "%s: %s",
        refused,
        message);
    if (Files.exists(run)) {
      checkNothingHalfWritten(run);
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
