package org.nemotron.runtime.server;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** What is counted and measured of requests. Used on the event loop and by worker threads. */
final class RequestMetrics implements RequestObserver {
  private static final double[] FIRST_TOKEN = {
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40,
    80, 160, 640, 2560
  };
  private static final double[] NEXT_TOKEN = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5,
    7.5, 10, 20, 40, 80
  };
  private static final double[] WHOLE = {
    0.01, 0.03, 0.1, 0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480,
    960, 1920, 7680
  };
  private static final double[] TOKENS = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000
  };
  private static final double[] ANSWERS = {1, 2, 5, 10, 20};
  private static final double[] HTTP = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600};

  private final PrometheusRegistry registry;
  private final String prefix;
  private final String model;

  private final DistributionDataPoint timeToFirst;
  private final DistributionDataPoint timeToNext;
  private final DistributionDataPoint timePerToken;
  private final DistributionDataPoint whole;
  private final DistributionDataPoint queue;
  private final DistributionDataPoint inference;
  private final DistributionDataPoint prefill;
  private final DistributionDataPoint decode;
  private final DistributionDataPoint promptLength;
  private final DistributionDataPoint answerLength;
  private final DistributionDataPoint askedLength;
  private final DistributionDataPoint longestAnswer;
  private final DistributionDataPoint answersAsked;
  private final CounterDataPoint promptTokens;
  private final CounterDataPoint generatedTokens;
  private final CounterDataPoint cacheQueries;
  private final CounterDataPoint cacheHits;
  private final CounterDataPoint rejections;
  private final Counter endings;
  private final Counter httpRequests;
  private final Histogram httpSeconds;

  RequestMetrics(PrometheusRegistry registry, String prefix, String model) {
    this.registry = registry;
    this.prefix = prefix;
    this.model = model;
    this.timeToFirst =
        times("time_to_first_token_seconds", "From a request's arrival to its token", FIRST_TOKEN);
    this.timeToNext =
        times("inter_token_latency_seconds", "From one token to the next", NEXT_TOKEN);
    this.timePerToken =
        times("request_time_per_output_token_seconds", "The same, averaged by answer", NEXT_TOKEN);
    this.whole = times("e2e_request_latency_seconds", "From arrival to the last token", WHOLE);
    this.queue = times("request_queue_time_seconds", "Before an answer was computed", WHOLE);
    this.inference = times("request_inference_time_seconds", "While it was computed", WHOLE);
    this.prefill = times("request_prefill_time_seconds", "Until its first token", WHOLE);
    this.decode = times("request_decode_time_seconds", "From there to its last", WHOLE);
    this.promptLength = times("request_prompt_tokens", "Tokens of a prompt", TOKENS);
    this.answerLength = times("request_generation_tokens", "Tokens of an answer", TOKENS);
    this.askedLength = times("request_params_max_tokens", "Tokens that were asked for", TOKENS);
    this.longestAnswer =
        times("request_max_num_generation_tokens", "Tokens of a request's longest answer", TOKENS);
    this.answersAsked = times("request_params_n", "Answers asked for to each prompt", ANSWERS);
    this.promptTokens = count("prompt_tokens", "Tokens of prompts");
    this.generatedTokens = count("generation_tokens", "Tokens of answers");
    this.cacheQueries = count("prefix_cache_queries", "Tokens looked for in the KV cache");
    this.cacheHits = count("prefix_cache_hits", "Tokens found there");
    this.rejections = count("admission_rejections", "Requests refused with status 429");
    this.endings =
        counter(prefix + "request_success", "Answers by how they ended")
            .labelNames(PrometheusMetrics.LABEL, "finished_reason")
            .register(registry);
    this.httpRequests =
        counter("http_requests", "Requests by path and status")
            .labelNames("handler", "method", "status")
            .register(registry);
    this.httpSeconds =
        histogram("http_request_duration_seconds", "From a request to the end of its answer", HTTP)
            .labelNames("handler", "method")
            .register(registry);
  }

  private static Counter.Builder counter(String name, String help) {
    return Counter.builder().name(name).help(help).withoutExemplars();
  }

  private static Histogram.Builder histogram(String name, String help, double[] bounds) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .classicOnly()
        .classicUpperBounds(bounds)
        .withoutExemplars();
  }

  private CounterDataPoint count(String name, String help) {
    return counter(prefix + name, help)
        .labelNames(PrometheusMetrics.LABEL)
        .register(registry)
        .labelValues(model);
  }

  private DistributionDataPoint times(String name, String help, double[] bounds) {
    return histogram(prefix + name, help, bounds)
        .labelNames(PrometheusMetrics.LABEL)
        .register(registry)
        .labelValues(model);
  }

  @Override
  public void request(int n) {
    answersAsked.observe(n);
  }

  @Override
  public void requestEnded(int mostTokens) {
    longestAnswer.observe(mostTokens);
  }

  @Override
  public void submitted(int promptLengthNow, int maxTokens) {
    promptTokens.inc(promptLengthNow);
    cacheQueries.inc(promptLengthNow);
    promptLength.observe(promptLengthNow);
    askedLength.observe(maxTokens);
  }

  @Override
  public void firstToken(long nanosSinceArrival) {
    generatedTokens.inc();
    timeToFirst.observe(seconds(nanosSinceArrival));
  }

  @Override
  public void nextToken(long nanosSinceLast) {
    generatedTokens.inc();
    timeToNext.observe(seconds(nanosSinceLast));
  }

  @Override
  public void ended(AnswerFigures figures) {
    endings.labelValues(model, figures.reason()).inc();
    cacheHits.inc(figures.cachedTokens());
    answerLength.observe(figures.tokens());
    whole.observe(seconds(figures.totalNanos()));
    observe(queue, figures.queueNanos());
    observe(prefill, figures.prefillNanos());
    observe(decode, figures.decodeNanos());
    if (figures.prefillNanos() >= 0) {
      observe(inference, figures.prefillNanos() + figures.decodeNanos());
    }
    if (figures.tokens() > 1) {
      timePerToken.observe(seconds(figures.decodeNanos()) / (figures.tokens() - 1));
    }
  }

  private static void observe(DistributionDataPoint times, long nanos) {
    if (nanos >= 0) {
      times.observe(seconds(nanos));
    }
  }

  private static double seconds(long nanos) {
    return nanos / 1e9;
  }

  @Override
  public void answered(String route, String method, int status, long nanos) {
    httpRequests.labelValues(route, method, String.valueOf(status)).inc();
    httpSeconds.labelValues(route, method).observe(seconds(nanos));
    if (status == 429) {
      rejections.inc();
    }
  }
}
