package org.nemotron.core.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.nemotron.core.distributed.RankEnvironment.Launcher;

final class RankEnvironmentTest {
  private static final ImmutableMap<String, String> TORCHRUN =
      ImmutableMap.of(
          "RANK", "5",
          "WORLD_SIZE", "8",
          "LOCAL_RANK", "1",
          "LOCAL_WORLD_SIZE", "4",
          "MASTER_ADDR", "node-1",
          "MASTER_PORT", "29500");

  private static final ImmutableMap<String, String> SLURM =
      ImmutableMap.<String, String>builder()
          .put("SLURM_JOB_ID", "123456")
          .put("SLURM_STEP_ID", "0")
          .put("SLURM_PROCID", "6")
          .put("SLURM_NTASKS", "7")
          .put("SLURM_LOCALID", "0")
          .put("SLURM_NODEID", "3")
          .put("SLURM_STEP_TASKS_PER_NODE", "2(x3),1")
          .put("SLURM_STEP_NODELIST", "gpu[003-005,9],big1")
          .buildOrThrow();

  private static RankEnvironment of(ImmutableMap<String, String> base, String... changes) {
    ImmutableMap.Builder<String, String> variables = ImmutableMap.builder();
    variables.putAll(base);
    for (int index = 0; index < changes.length; index += 2) {
      variables.put(changes[index], changes[index + 1]);
    }
    return RankEnvironment.of(variables.buildKeepingLast());
  }

  @Test
  void of_noVariables_isAlone() {
    assertThat(of(ImmutableMap.of("HOME", "/"))).isEqualTo(RankEnvironment.ALONE);
  }

  @Test
  void of_torchrun_isRead() {
    assertThat(of(TORCHRUN))
        .isEqualTo(
            new RankEnvironment(
                Launcher.TORCHRUN, 5, 8, 1, 4, new Rendezvous.OverTcp("node-1", 29500, false, "")));
  }

  @Test
  void of_torchrunsAgent_servesTheStore() {
    RankEnvironment seen =
        of(
            TORCHRUN,
            "TORCHELASTIC_USE_AGENT_STORE",
            "True",
            "TORCHELASTIC_RUN_ID",
            "job",
            "TORCHELASTIC_RESTART_COUNT",
            "2");
    assertThat(seen.rendezvous()).isEqualTo(new Rendezvous.OverTcp("node-1", 29500, true, "job/2"));
  }

  @Test
  void of_torchrunAndSlurm_torchrunCounts() {
    assertThat(
            of(
                    SLURM,
                    TORCHRUN.entrySet().stream()
                        .flatMap(
                            entry -> java.util.stream.Stream.of(entry.getKey(), entry.getValue()))
                        .toArray(String[]::new))
                .launcher())
        .isEqualTo(Launcher.TORCHRUN);
  }

  @Test
  void of_ourLauncher_meetsInAFile() {
    assertThat(of(TORCHRUN, RankEnvironment.STORE_FILE, "/tmp/s").rendezvous())
        .isEqualTo(new Rendezvous.InFile("/tmp/s"));
  }

  @Test
  void of_slurmStep_isRead() {
    assertThat(of(SLURM))
        .isEqualTo(
            new RankEnvironment(
                Launcher.SLURM, 6, 7, 0, 1, new Rendezvous.OverTcp("gpu003", 23456, false, "")));
  }

  @Test
  void of_slurmBatchScriptWithoutSrun_isAlone() {
    assertThat(of(ImmutableMap.of("SLURM_PROCID", "0", "SLURM_NTASKS", "4")))
        .isEqualTo(RankEnvironment.ALONE);
  }

  @Test
  void firstHost_listsOfNodes_areExpanded() {
    assertThat(SlurmVariables.firstHost("n1")).isEqualTo("n1");
    assertThat(SlurmVariables.firstHost("n1,n2")).isEqualTo("n1");
    assertThat(SlurmVariables.firstHost("gpu-[07,10-12]")).isEqualTo("gpu-07");
    assertThat(SlurmVariables.firstHost("r[1-2]n,x")).isEqualTo("r1n");
  }

  @Test
  void of_openMpi_isRead() {
    RankEnvironment seen =
        of(
            ImmutableMap.of(
                "OMPI_COMM_WORLD_RANK", "1",
                "OMPI_COMM_WORLD_SIZE", "2",
                "OMPI_COMM_WORLD_LOCAL_RANK", "0",
                "OMPI_COMM_WORLD_LOCAL_SIZE", "1",
                "MASTER_ADDR", "a",
                "MASTER_PORT", "1"));
    assertThat(seen)
        .isEqualTo(
            new RankEnvironment(
                Launcher.OPEN_MPI, 1, 2, 0, 1, new Rendezvous.OverTcp("a", 1, false, "")));
  }

  @Test
  void of_openMpiWithoutMaster_namesTheVariable() {
    assertThatThrownBy(
            () ->
                of(
                    ImmutableMap.of(
                        "OMPI_COMM_WORLD_RANK", "1",
                        "OMPI_COMM_WORLD_SIZE", "2",
                        "OMPI_COMM_WORLD_LOCAL_RANK", "0",
                        "OMPI_COMM_WORLD_LOCAL_SIZE", "1")))
        .hasMessage(
            "environment variable MASTER_ADDR must be set where a launcher starts several"
                + " processes.\n"
                + "Maybe MASTER_ADDR and MASTER_PORT are to be passed on, as by mpirun -x.");
  }

  @Test
  void of_wrongCounts_areRefusedByName() {
    assertThatThrownBy(() -> of(TORCHRUN, "RANK", "8"))
        .hasMessage("rank (8) must be less than the number of ranks (8), as torchrun counts");
    assertThatThrownBy(() -> of(TORCHRUN, "LOCAL_RANK", "4"))
        .hasMessage(
            "local rank (4) must be less than the number of ranks of this machine (4), as torchrun"
                + " counts");
    assertThatThrownBy(() -> of(TORCHRUN, "LOCAL_WORLD_SIZE", "9"))
        .hasMessage(
            "this machine's ranks (9) must not be more than all ranks (8), as torchrun counts");
    assertThatThrownBy(() -> of(TORCHRUN, "WORLD_SIZE", "many"))
        .hasMessage("environment variable WORLD_SIZE (many) must be a number");
    assertThatThrownBy(() -> of(TORCHRUN, "MASTER_PORT", "70000"))
        .hasMessage("the port of a store (70000) must be 1 to 65535");
    assertThatThrownBy(() -> of(SLURM, "SLURM_STEP_TASKS_PER_NODE", "2(x3"))
        .hasMessage("environment variable SLURM_STEP_TASKS_PER_NODE (2(x3) must be like 2(x3),1");
    assertThatThrownBy(() -> of(SLURM, "SLURM_NODEID", "4"))
        .hasMessage("SLURM_NODEID (4) must be one of the 4 nodes");
    assertThatThrownBy(() -> of(ImmutableMap.of("RANK", "0")))
        .hasMessageStartingWith("environment variable WORLD_SIZE must be set");
  }
}
