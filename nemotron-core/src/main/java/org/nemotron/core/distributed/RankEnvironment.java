package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.Device;

/**
 * Which of how many processes this one is, as the program that started it says in environment
 * variables: those of torchrun count first, then Slurm's (of a job step), then Open MPI's. Without
 * any, the process is alone.
 *
 * @param launcher whose variables these are
 * @param rank number of this process, from 0
 * @param size how many processes there are
 * @param localRank number of this process among those of its machine, from 0: its GPU
 * @param localSize how many processes its machine has
 * @param rendezvous where they find each other
 */
public record RankEnvironment(
    Launcher launcher, int rank, int size, int localRank, int localSize, Rendezvous rendezvous) {
  /** One process, which needs no other. */
  public static final RankEnvironment ALONE =
      new RankEnvironment(Launcher.NONE, 0, 1, 0, 1, new Rendezvous.Nowhere());

  /** A file to meet in, in place of a host and port, beside torchrun's variables. */
  public static final String STORE_FILE = "NEMOTRON_STORE_FILE";

  /** Programs that start processes. */
  public enum Launcher {
    /** None: a process by itself. */
    NONE("no launcher"),
    /** torchrun, or this library's own, which sets the same variables. */
    TORCHRUN("torchrun"),
    /** srun of Slurm. */
    SLURM("Slurm"),
    /** mpirun of Open MPI. */
    OPEN_MPI("Open MPI");

    private final String words;

    Launcher(String words) {
      this.words = words;
    }
  }

  /** Checks that the numbers fit each other. */
  public RankEnvironment {
    checkArgument(
        rank >= 0 && rank < size,
        "rank (%s) must be less than the number of ranks (%s), as %s counts",
        rank,
        size,
        launcher.words);
    checkArgument(
        localRank >= 0 && localRank < localSize,
        "local rank (%s) must be less than the number of ranks of this machine (%s), as %s counts",
        localRank,
        localSize,
        launcher.words);
    checkArgument(
        localSize <= size,
        "this machine's ranks (%s) must not be more than all ranks (%s), as %s counts",
        localSize,
        size,
        launcher.words);
  }

  /** Returns what this process's own environment says. */
  public static RankEnvironment ofProcess() {
    return of(System.getenv());
  }

  /**
   * Returns what {@code variables} say.
   *
   * @throws IllegalArgumentException if they contradict each other, or one is missing; the message
   *     names it
   */
  public static RankEnvironment of(Map<String, String> variables) {
    Variables given = new Variables(ImmutableMap.copyOf(variables));
    if (given.has("RANK") || given.has("WORLD_SIZE")) {
      return torchrun(given);
    }
    if (given.has("SLURM_STEP_ID") && given.has("SLURM_PROCID")) {
      return SlurmVariables.environment(given);
    }
    if (given.has("OMPI_COMM_WORLD_SIZE")) {
      return openMpi(given);
    }
    return ALONE;
  }

  /**
   * Returns the device of this rank: the CPU as it is; of the GPUs that the process sees, the one
   * of its local rank, or the only one.
   *
   * @throws IllegalArgumentException if there are fewer GPUs than ranks on this machine
   */
  public Device device(Device asked) {
    if (size == 1 || asked.equals(Device.CPU)) {
      return asked;
    }
    int gpus = Gpu.count();
    checkArgument(
        gpus == 1 || localRank < gpus,
        "rank %s needs a GPU of its own: it is number %s of its machine's ranks, and sees %s"
            + " GPUs.\n"
            + "Maybe start as many processes as there are GPUs.",
        rank,
        localRank,
        gpus);
    return new Device(asked.kind(), gpus == 1 ? 0 : localRank);
  }

  private static RankEnvironment torchrun(Variables given) {
    int rank = given.number("RANK");
    int size = given.number("WORLD_SIZE");
    return new RankEnvironment(
        Launcher.TORCHRUN,
        rank,
        size,
        given.number("LOCAL_RANK", rank),
        given.number("LOCAL_WORLD_SIZE", size),
        size == 1 ? new Rendezvous.Nowhere() : meeting(given));
  }

  /** torchrun's agent serves the store itself, and keeps it when it starts its processes again. */
  private static Rendezvous meeting(Variables given) {
    if (given.has(STORE_FILE)) {
      return new Rendezvous.InFile(given.text(STORE_FILE));
    }
    boolean served = given.text("TORCHELASTIC_USE_AGENT_STORE", "").equalsIgnoreCase("true");
    String prefix =
        served
            ? given.text("TORCHELASTIC_RUN_ID", "")
                + "/"
                + given.text("TORCHELASTIC_RESTART_COUNT", "0")
            : "";
    return new Rendezvous.OverTcp(
        given.text("MASTER_ADDR"), given.number("MASTER_PORT"), served, prefix);
  }

  private static RankEnvironment openMpi(Variables given) {
    int size = given.number("OMPI_COMM_WORLD_SIZE");
    return new RankEnvironment(
        Launcher.OPEN_MPI,
        given.number("OMPI_COMM_WORLD_RANK"),
        size,
        given.number("OMPI_COMM_WORLD_LOCAL_RANK"),
        given.number("OMPI_COMM_WORLD_LOCAL_SIZE"),
        size == 1 ? new Rendezvous.Nowhere() : meeting(given));
  }

  /** Environment variables, read with errors that name them. */
  record Variables(ImmutableMap<String, String> values) {
    boolean has(String name) {
      return !text(name, "").isEmpty();
    }

    String text(String name, String otherwise) {
      return values.getOrDefault(name, otherwise).strip();
    }

    String text(String name) {
      checkArgument(
          has(name),
          "environment variable %s must be set where a launcher starts several processes.\n"
              + "Maybe MASTER_ADDR and MASTER_PORT are to be passed on, as by mpirun -x.",
          name);
      return text(name, "");
    }

    int number(String name) {
      String text = text(name);
      checkArgument(
          text.matches("[0-9]{1,9}"), "environment variable %s (%s) must be a number", name, text);
      return Integer.parseInt(text);
    }

    int number(String name, int otherwise) {
      return has(name) ? number(name) : otherwise;
    }
  }
}
