package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.inference.KvPages;
import org.nemotron.runtime.metrics.EngineMetrics;
import org.nemotron.runtime.metrics.StepTokens;

/** Metrics under the names that vLLM gives them, in the form of Prometheus. */
final class PrometheusMetrics implements ServerMetrics {
  static final String LABEL = "model_name";

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final ExpositionFormats formats = ExpositionFormats.init();
  private final String prefix;
  private final String model;
  private final RequestMetrics requests;
  private volatile @Nullable Serving served;

  PrometheusMetrics(ServerSettings settings) {
    this.prefix = settings.metricsPrefix();
    this.model = settings.modelNames().get(0);
    this.requests = new RequestMetrics(registry, prefix, model);
    ProcessMetrics.register(registry);
  }

  @Override
  public RequestObserver observer() {
    return requests;
  }

  @Override
  public MetricsPage page(EventLoop loop) {
    return exchange -> {
      String accepted = exchange.request().getHeader("accept");
      loop.work(0, () -> answer(loop, exchange, accepted));
    };
  }

  private void answer(EventLoop loop, Exchange exchange, @Nullable String accepted) {
    ExpositionFormatWriter writer = formats.findWriter(accepted == null ? "" : accepted);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      Serving now = served;
      if (now != null) {
        StepTokens steps = now.model().generator().metrics().stepTokens();
        String name = prefix + "iteration_tokens_total";
        text.write(StepTokensText.of(name, LABEL, model, steps).getBytes(UTF_8));
      }
      writer.write(text, registry.scrape());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    loop.run(() -> exchange.send(200, writer.getContentType(), text.toByteArray()));
  }

  @Override
  public void serve(Serving serving) {
    gauge(
        "num_requests_running",
        "Answers that the engine generates",
        serving,
        EngineMetrics::running);
    gauge(
        "num_requests_waiting", "Answers that wait for the engine", serving, EngineMetrics::queued);
    gauge(
        "kv_cache_usage_perc",
        "Share of the KV cache that answers hold, 0 to 1",
        serving,
        metrics -> metrics.cache().usedShare());
    served = serving;
    Info pages =
        Info.builder()
            .name(prefix + "cache_config_info")
            .help("The KV cache")
            .labelNames("block_size", "num_gpu_blocks", LABEL)
            .register(registry);
    EngineMetrics now = serving.model().generator().metrics();
    long count =
        (long) now.cache().usedPages() + now.cache().cachedPages() + now.cache().freePages();
    pages.addLabelValues(String.valueOf(KvPages.PAGE_TOKENS), String.valueOf(count), model);
    CounterWithCallback unused =
        CounterWithCallback.builder()
            .name(prefix + "num_preemptions")
            .help("Answers that gave their KV cache to older ones and were put back")
            .labelNames(LABEL)
            .callback(
                callback ->
                    callback.call(serving.model().generator().metrics().preemptions(), model))
            .register(registry);
  }

  private void gauge(
      String name, String help, Serving serving, ToDoubleFunction<EngineMetrics> value) {
    GaugeWithCallback unused =
        GaugeWithCallback.builder()
            .name(prefix + name)
            .help(help)
            .labelNames(LABEL)
            .callback(
                callback ->
                    callback.call(
                        value.applyAsDouble(serving.model().generator().metrics()), model))
            .register(registry);
  }
}
