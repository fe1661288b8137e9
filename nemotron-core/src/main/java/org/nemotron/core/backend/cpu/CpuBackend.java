package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import org.nemotron.core.backend.parallel.RankBackend;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.TreeModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CoreLeases;
import org.nemotron.core.tensor.Natives;

/** Cores of the processor, in step. */
public final class CpuBackend implements RankBackend {
  private static final int USUAL_ROWS = 512;

  private final ThreadTeam team;
  private final CoreLeases.Party cores;
  private boolean closed;

  /** Computes with {@code threads} at most, on cores that this process's other work leaves. */
  public CpuBackend(int threads) {
    this(threads, CoreLeases.ofProcess());
  }

  CpuBackend(int threads, CoreLeases leases) {
    this.team = new ThreadTeam(threads);
    this.cores = leases.join();
  }

  @Override
  public WeightFormat bestFormat() {
    return bestWeightFormat();
  }

  /** Returns the format to hold weights in unless one is asked for: measured once per process. */
  public static WeightFormat bestWeightFormat() {
    Natives.load();
    return FormatProbe.fastest();
  }

  @Override
  public int usualRows() {
    return USUAL_ROWS;
  }

  @Override
  public long bytesPerPage(RankShare share, KvFormat format) {
    CpuKvCache.checkServes(format);
    return CpuKvCache.bytesPerPage(share);
  }

  @Override
  public InferenceModel prepare(
      RankShare share, RankMember member, WeightSource weights, ModelFormat format, int maxRows) {
    checkState(!closed, "this device is closed");
    checkArgument(
        format.head() == format.layers(),
        "the head (%s) must be held as the layers (%s) on the CPU",
        format.head(),
        format.layers());
    return new CpuModel(
        share, member, weights, format.layers(), new LeasedTeam(team, cores), maxRows);
  }

  @Override
  public TreeModel prepareTrees(ModelSpec spec, WeightSource weights, WeightFormat format) {
    checkState(!closed, "this device is closed");
    return new CpuTreeModel(spec, weights, format, team.count());
  }

  @Override
  public void close() {
    closed = true;
    team.close();
    cores.close();
  }
}
