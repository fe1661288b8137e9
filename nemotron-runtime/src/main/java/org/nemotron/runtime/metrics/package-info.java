/**
 * Metrics of an engine: throughput, latencies, KV cache use, counts of requests.
 *
 * <p>The engine records in a {@link org.nemotron.runtime.metrics.MetricsRecorder}, whose snapshots
 * are {@link org.nemotron.runtime.metrics.EngineMetrics}: plain values that any monitoring system
 * can export.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.metrics;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
