package org.nemotron.nas.pipeline;

import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.data.TokenStoreWriter;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.TextFiles;

/** What a run refuses before its first stage, for those who only want to know what it takes. */
final class RunChecks {
  private RunChecks() {}

  /**
   * Returns the parent's architecture, once all that the plan names is found to be there and to go
   * with it; texts are looked at, and not read.
   *
   * @throws IOException if something is missing, damaged or of another kind; the message names it
   * @throws IllegalArgumentException if the plan does not go with the parent
   */
  static ModelSpec spec(CompressionPlan plan, RunExtras extras) throws IOException {
    OutputDirectory.check(plan.execution().output());
    Gpu.check(plan.execution().device());
    PlanTasks unused = PlanTasks.read(plan, extras.chat());
    ModelSpec parent = RunInputs.Tables.read(plan).parent();
    for (Path text : plan.inputs().texts()) {
      TextFiles.check(text);
    }
    for (Path text : plan.inputs().heldOut()) {
      TextFiles.check(text);
    }
    TokenStoreWriter.checkFiles(plan.inputs().documents().sources());
    return parent;
  }
}
