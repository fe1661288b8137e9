package org.nemotron.runtime.server;

import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.management.ManagementFactory;
import java.util.function.DoubleSupplier;

/** What Prometheus shows of a process and its virtual machine. */
final class ProcessMetrics {
  private ProcessMetrics() {}

  static void register(PrometheusRegistry registry) {
    gauge(
        registry,
        "process_start_time_seconds",
        "When the process began, in seconds since 1970",
        () -> ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3);
    gauge(
        registry,
        "jvm_memory_used_bytes",
        "Heap in use",
        () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    gauge(
        registry,
        "jvm_memory_max_bytes",
        "The largest heap",
        () -> ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getMax());
    gauge(
        registry,
        "jvm_threads_current",
        "Threads",
        () -> ManagementFactory.getThreadMXBean().getThreadCount());
  }

  private static void gauge(
      PrometheusRegistry registry, String name, String help, DoubleSupplier value) {
    GaugeWithCallback unused =
        GaugeWithCallback.builder()
            .name(name)
            .help(help)
            .callback(callback -> callback.call(value.getAsDouble()))
            .register(registry);
  }
}
