package org.nemotron.examples.crash;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.Multiset;
import com.google.common.collect.TreeMultiset;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.examples.crash.RefusedWrites.Call;
import org.nemotron.examples.crash.RefusedWrites.Refused;
import org.nemotron.nas.pipeline.NoArchitectureException;

/**
 * The tiny job, begun again and again: each time the disk is full at the next call that needs room,
 * until there is none left that has not met it. For a virtual machine with a {@link
 * RefusingProvider}.
 */
final class EveryWrite {
  private static final RefusedWrites REFUSED = RefusingProvider.REFUSED;

  private EveryWrite() {}

  /**
   * Runs the job to its end, looks whether each refusal is told well and leaves nothing half
   * written, and compares the end with that of an undisturbed job.
   *
   * @param arguments a directory for inputs and runs
   */
  public static void main(String[] arguments) throws IOException, NoArchitectureException {
    Path directory = Path.of(arguments[0]);
    DisturbedRun run = new DisturbedRun(new InProcess(directory), directory.resolve("run"));
    while (refused(run)) {
      // the next run goes on where this one was refused
    }
    REFUSED.disarm();
    run.checkLeftTheSameAs(directory.resolve("undisturbed"));
    Multiset<Call> calls = TreeMultiset.create();
    REFUSED.all().forEach(refused -> calls.add(refused.call()));
    System.out.println("refused, each once: " + calls);
    REFUSED.all().forEach(System.out::println);
    System.exit(0);
  }

  /** Runs the job, and returns whether something was refused. */
  private static boolean refused(DisturbedRun run) throws IOException, NoArchitectureException {
    REFUSED.arm(WrappedPaths.unwrapped(run.directory()));
    try {
      checkState(
          run.job().run(run.directory()).started.contains("evaluation"),
          "the run did not come to its end");
      checkState(REFUSED.latest().isEmpty(), "%s had no effect", REFUSED.latest());
      return false;
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      Refused refused = REFUSED.latest().orElseThrow();
      checkState(
          message.startsWith(run.directory().resolve(artifact(refused)).toString()),
          "%s: %s",
          refused,
          message);
      run.checkEndedWell(message);
      return true;
    }
  }

  /** Returns what the sentence has to name: of what appears as a whole, the directory. */
  private static String artifact(Refused refused) {
    return refused.file().replaceFirst("^((?:checkpoints/)?child[^./]*)/.*", "$1");
  }
}
