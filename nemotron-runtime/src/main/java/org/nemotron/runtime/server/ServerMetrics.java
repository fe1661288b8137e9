package org.nemotron.runtime.server;

import org.nemotron.runtime.server.wire.ApiException;

/** The metrics of a server. */
interface ServerMetrics {
  /** Returns what requests report to. */
  RequestObserver observer();

  /** Returns what answers requests for the metrics. */
  MetricsPage page(EventLoop loop);

  /** Adds what a served model counts. */
  void serve(Serving serving);

  /** Returns metrics in the form of Prometheus, or none where its library is not there. */
  static ServerMetrics of(ServerSettings settings) {
    try {
      Class<?> core = Class.forName("io.prometheus.metrics.core.metrics.Histogram");
      Class<?> text = Class.forName("io.prometheus.metrics.expositionformats.ExpositionFormats");
      return core.isPrimitive() || text.isPrimitive()
          ? new Missing()
          : new PrometheusMetrics(settings);
    } catch (ClassNotFoundException e) {
      return new Missing();
    }
  }

  /** Metrics of a program without the library. */
  final class Missing implements ServerMetrics {
    @Override
    public RequestObserver observer() {
      return RequestObserver.NONE;
    }

    @Override
    public MetricsPage page(EventLoop loop) {
      return exchange ->
          exchange.fail(
              ApiException.ofStatus(
                  501,
                  "this program has no metrics.\n"
                      + "Maybe add io.prometheus:prometheus-metrics-core and"
                      + " prometheus-metrics-exposition-textformats to it."));
    }

    @Override
    public void serve(Serving serving) {}
  }
}
