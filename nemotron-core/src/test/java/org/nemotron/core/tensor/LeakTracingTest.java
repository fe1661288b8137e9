package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;

final class LeakTracingTest {
  private static final int MOST_COLLECTIONS = 100;

  private final BlockingQueue<String> reports = new LinkedBlockingQueue<>();
  private final LeakTracing tracing = new LeakTracing(reports::add);

  /** Returns the next report, for which garbage is collected; empty if none comes. */
  private String report() throws InterruptedException {
    for (int round = 0; round < MOST_COLLECTIONS; round++) {
      System.gc();
      String report = reports.poll(20, TimeUnit.MILLISECONDS);
      if (report != null) {
        return report;
      }
    }
    return "";
  }

  private void forget(String what) {
    LeakTracing.Trace unused = tracing.watch(new Object(), what);
  }

  @Test
  void watch_forgottenOwner_isReportedWithItsPlace() throws InterruptedException {
    forget("a holder");
    assertThat(report())
        .startsWith(
            "a holder was never closed; it was made on thread "
                + Thread.currentThread().getName()
                + "\n\tat org.nemotron.core.tensor.LeakTracingTest.forget(");
    assertThat(tracing.descriptions()).isEmpty();
  }

  @Test
  void watch_ownerStillInUse_isListedOnly() {
    Object owner = new Object();
    LeakTracing.Trace trace = tracing.watch(owner, "a holder");
    assertThat(tracing.descriptions()).hasSize(1);
    assertThat(tracing.descriptions().get(0)).startsWith("a holder, made on thread ");
    trace.closed();
    assertThat(tracing.descriptions()).isEmpty();
    assertThat(owner).isNotNull();
  }

  @Test
  void watch_closedOwner_isNotReported() throws InterruptedException {
    tracing.watch(new Object(), "a closed holder").closed();
    forget("a forgotten holder");
    assertThat(report()).startsWith("a forgotten holder");
    assertThat(reports).isEmpty();
  }

  @Test
  void share_keptMoreOftenThanReleased_isReportedOnce() throws InterruptedException {
    keepTwiceReleaseOnce();
    assertThat(report())
        .startsWith("a kept FloatPointer was never released; it was made on thread ")
        .contains("LeakTracingTest.keepTwiceReleaseOnce(");
    assertThat(reports).isEmpty();
  }

  private void keepTwiceReleaseOnce() {
    FloatPointer pointer = new FloatPointer(1L);
    tracing.share(pointer);
    tracing.share(pointer);
    tracing.unshare(pointer);
  }

  @Test
  void open_withoutTheProperty_isEmpty() {
    try (NativeScope scope = NativeScope.open();
        NamedTensors tensors =
            NamedTensors.of(ImmutableMap.of("a", Tensors.of(new float[] {1}, 1)))) {
      assertThat(tensors.bytes()).isEqualTo(4);
      assertThat(LeakTracing.open()).isEmpty();
    }
  }

  @Test
  void property_programThatForgets_namesEachThingAndWhereItWasMade()
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "-D" + LeakTracing.PROPERTY + "=true",
                "-cp",
                System.getProperty("java.class.path"),
                ForgetfulProgram.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output)
        .containsPattern(
            "a holder of tensors \\[forgotten\\] was never closed; it was made on thread main"
                + "(\\s+at .*)*ForgetfulProgram.forgetHolder\\(")
        .containsPattern(
            "a kept Tensor was never released; it was made on thread main"
                + "(\\s+at .*)*ForgetfulProgram.forgetTensor\\(")
        .containsPattern(
            "a NativeScope was never closed; it was made on thread forgetful"
                + "(\\s+at .*)*ForgetfulProgram.forgetScope\\(")
        .contains("in use: 1, a holder of tensors [used]")
        .doesNotContain("[closed]");
  }
}
