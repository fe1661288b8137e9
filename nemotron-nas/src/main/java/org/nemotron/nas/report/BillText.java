package org.nemotron.nas.report;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** What stages were estimated to take, beside what they took, in words. */
public final class BillText {
  /** The titles of {@link #row}. */
  public static final ImmutableList<String> HEADER =
      ImmutableList.of("stage", "time said", "took", "off by", "memory said", "took", "off by");

  private BillText() {}

  /** Returns a stage's row: of the GPU's memory where there is one, else of the process's. */
  public static ImmutableList<String> row(StageBill bill) {
    boolean gpu = bill.deviceBytes() > 0;
    long said = gpu ? bill.predictedDeviceBytes() : bill.predictedHostBytes();
    long taken = gpu ? bill.deviceBytes() : bill.hostBytes();
    return ImmutableList.of(
        bill.stage(),
        NumberText.seconds(bill.predictedSeconds()),
        NumberText.seconds(bill.seconds()),
        NumberText.change(bill.predictedSeconds(), bill.seconds()),
        NumberText.bytes(said),
        NumberText.bytes(taken),
        NumberText.change(said, taken));
  }

  static String table(List<StageBill> bill) {
    TextTable table = TextTable.withHeader(HEADER.toArray(String[]::new));
    bill.forEach(stage -> table.addRow(row(stage).toArray(String[]::new)));
    return table.render();
  }
}
