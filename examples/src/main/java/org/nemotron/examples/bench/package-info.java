/**
 * JMH benchmarks, each with its rival in the same run: {@code java -cp
 * "examples/target/nemotron.jar:examples/target/lib/*" org.openjdk.jmh.Main SearchBenchmark}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.examples.bench;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
