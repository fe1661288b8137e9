package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.core.distributed.RankEnvironment.Launcher;
import org.nemotron.core.distributed.RankEnvironment.Variables;

/**
 * Slurm's variables of a job step, as {@code srun} sets them.
 *
 * <p>Source: slurm.schedmd.com, srun, section output environment variables.
 */
final class SlurmVariables {
  /** {@code node} and the first number or range of {@code [1-3,7]}. */
  private static final Pattern FIRST_HOST =
      Pattern.compile("([^\\[,]+)(?:\\[([0-9]+)[^\\]]*\\]([^,]*))?.*");

  /** {@code 4} or {@code 4(x2)}: four tasks on a node, or on each of two. */
  private static final Pattern TASKS = Pattern.compile("([0-9]{1,9})(?:\\(x([0-9]{1,9})\\))?");

  /** Ports from here on, one for each job number's last four digits. */
  private static final int FIRST_PORT = 20_000;

  private static final int PORTS = 10_000;

  private SlurmVariables() {}

  static RankEnvironment environment(Variables given) {
    int size = given.number("SLURM_STEP_NUM_TASKS", given.number("SLURM_NTASKS", 1));
    return new RankEnvironment(
        Launcher.SLURM,
        given.number("SLURM_PROCID"),
        size,
        given.number("SLURM_LOCALID"),
        tasksOfNode(given, size),
        size == 1 ? new Rendezvous.Nowhere() : meeting(given));
  }

  private static Rendezvous meeting(Variables given) {
    String host =
        given.has("MASTER_ADDR")
            ? given.text("MASTER_ADDR")
            : firstHost(
                given.text(
                    given.has("SLURM_STEP_NODELIST")
                        ? "SLURM_STEP_NODELIST"
                        : "SLURM_JOB_NODELIST"));
    int job = given.number("SLURM_JOB_ID", 0);
    return new Rendezvous.OverTcp(
        host, given.number("MASTER_PORT", FIRST_PORT + job % PORTS), false, "");
  }

  /** Returns the first name of a list such as {@code gpu[003-005,9],big1}. */
  static String firstHost(String nodes) {
    Matcher first = FIRST_HOST.matcher(nodes);
    checkArgument(first.matches(), "list of nodes (%s) must begin with a node", nodes);
    return first.group(2) == null
        ? first.group(1)
        : first.group(1) + first.group(2) + first.group(3);
  }

  private static int tasksOfNode(Variables given, int size) {
    String name =
        given.has("SLURM_STEP_TASKS_PER_NODE")
            ? "SLURM_STEP_TASKS_PER_NODE"
            : "SLURM_TASKS_PER_NODE";
    if (!given.has(name)) {
      return given.number("SLURM_NTASKS_PER_NODE", size);
    }
    int node = given.number("SLURM_NODEID", 0);
    ImmutableList<Integer> tasks = tasksPerNode(name, given.text(name));
    checkArgument(
        node < tasks.size(), "SLURM_NODEID (%s) must be one of the %s nodes", node, tasks.size());
    return tasks.get(node);
  }

  /** Returns the number of tasks of each node, from a list such as {@code 2(x3),1}. */
  static ImmutableList<Integer> tasksPerNode(String name, String text) {
    ImmutableList.Builder<Integer> tasks = ImmutableList.builder();
    for (String part : Splitter.on(',').split(text)) {
      Matcher matcher = TASKS.matcher(part);
      checkArgument(
          matcher.matches(), "environment variable %s (%s) must be like 2(x3),1", name, text);
      int times = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
      for (int node = 0; node < times; node++) {
        tasks.add(Integer.parseInt(matcher.group(1)));
      }
    }
    return tasks.build();
  }
}
