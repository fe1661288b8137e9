/**
 * Benchmarks, each with its rival in the same run where there is one: races that CI holds, programs
 * for GPUs, serving under load, and JMH benchmarks ({@code java -cp
 * "examples/target/nemotron.jar:examples/target/lib/*" org.openjdk.jmh.Main SearchBenchmark}).
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.benchmark;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
