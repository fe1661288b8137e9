/**
 * What an engine has done and is doing, in numbers.
 *
 * <p>The engine tells a {@link org.nemotron.runtime.metrics.MetricsRecorder}; whoever watches it
 * reads {@link org.nemotron.runtime.metrics.EngineMetrics}, plain values that any monitoring system
 * can export.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.metrics;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
