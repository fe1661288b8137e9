package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.nio.charset.Charset;
import java.util.Locale;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.StageEstimate;

/** An estimate for the terminal: a row for each stage, rates, and what could be lowered. */
public final class EstimateText {
  private static final int COLUMNS = ConsoleReport.COLUMNS;

  private EstimateText() {}

  /** Returns {@code estimate} as lines for a terminal with {@code charset}. */
  public static String render(Estimate estimate, Charset charset) {
    boolean gpu = estimate.deviceBytes() > 0;
    TextTable table = TextTable.withHeader(header(gpu));
    for (StageEstimate stage : estimate.stages()) {
      table.addRow(
          row(
              gpu,
              stage.stage(),
              stage.tokens(),
              stage.flops(),
              stage.seconds(),
              stage.memory().hostBytes(),
              stage.memory().deviceBytes(),
              stage.diskBytes() + stage.scratchBytes()));
    }
    long tokens = estimate.stages().stream().mapToLong(StageEstimate::tokens).sum();
    table.addRow(
        row(
            gpu,
            "all",
            tokens,
            estimate.flops(),
            estimate.seconds(),
            estimate.hostBytes(),
            estimate.deviceBytes(),
            estimate.diskBytes()));
    StringBuilder text = new StringBuilder(table.render());
    text.append(PlainText.wrap(rates(estimate.rates()), "", COLUMNS));
    text.append(PlainText.wrap(longest(estimate), "", COLUMNS));
    notCounted(estimate).forEach(line -> text.append(PlainText.wrap(line, "", COLUMNS)));
    estimate.refusals().forEach(line -> text.append(line).append('\n'));
    return PlainText.forTerminal(text.toString(), charset);
  }

  private static String[] header(boolean gpu) {
    return gpu
        ? new String[] {"stage", "tokens", "FLOP", "time", "host", "GPU", "disk"}
        : new String[] {"stage", "tokens", "FLOP", "time", "memory", "disk"};
  }

  private static String[] row(
      boolean gpu,
      String name,
      long tokens,
      double flops,
      double seconds,
      long hostBytes,
      long deviceBytes,
      long diskBytes) {
    ImmutableList.Builder<String> row = ImmutableList.builder();
    row.add(name, tokens == 0 ? "-" : NumberText.count(tokens), work(flops));
    row.add(NumberText.seconds(seconds), NumberText.bytes(hostBytes));
    if (gpu) {
      row.add(NumberText.bytes(deviceBytes));
    }
    return row.add(diskBytes == 0 ? "-" : NumberText.bytes(diskBytes))
        .build()
        .toArray(String[]::new);
  }

  private static String work(double flops) {
    return flops == 0 ? "-" : String.format(Locale.ROOT, "%.2e", flops);
  }

  private static String rates(MachineRates rates) {
    return String.format(
        Locale.ROOT,
        "Measured on this machine (%s) in %.0f s: products %.0f GFLOP/s in training, %.0f in"
            + " serving, copies %.1f GB/s%s. A run that reuses stages takes less.",
        rates.machine(),
        rates.seconds(),
        rates.matrixFlops() / 1e9,
        rates.servingFlops() / 1e9,
        rates.copyBytes() / 1e9,
        rates.tokenizerTokens() == 0
            ? ""
            : String.format(
                Locale.ROOT, ", %s tokens/s of text", NumberText.rate(rates.tokenizerTokens())));
  }

  private static String longest(Estimate estimate) {
    StageEstimate longest =
        estimate.stages().stream()
            .reduce((one, other) -> one.seconds() >= other.seconds() ? one : other)
            .orElseThrow();
    return "The longest stage is "
        + longest.stage()
        + "; it is shorter with less of "
        + String.join(", ", longest.lower())
        + ".";
  }

  private static ImmutableList<String> notCounted(Estimate estimate) {
    return estimate.stages().stream()
        .filter(stage -> !stage.notCounted().isEmpty())
        .map(
            stage ->
                "Not counted in "
                    + stage.stage()
                    + ": "
                    + String.join(", ", stage.notCounted())
                    + ".")
        .collect(ImmutableList.toImmutableList());
  }
}
