package org.nemotron.examples.benchmark;

import java.util.concurrent.TimeUnit;
import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchProblem;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The exact search against SCIP on the same problems, to proven optimality.
 *
 * <p>{@code -p method=OWN} leaves the rival out: it takes minutes for the diverse solutions.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx256m")
@Warmup(iterations = 3)
@Measurement(iterations = 7)
public class SearchBenchmark {
  /** Which solver. */
  @Param({"OWN", "SCIP"})
  public PuzzleSearch.Method method = PuzzleSearch.Method.OWN;

  private final SearchProblem structured = SearchTables.structured(80, 1);
  private final SearchProblem unstructured = SearchTables.unstructured(80, 54, 0.35, 5);
  private final SearchProblem large = SearchTables.unstructured(162, 200, 0.2, 5);

  private PuzzleSearch search() {
    return PuzzleSearch.builder().method(method).build();
  }

  /** 80 layers of 54 candidates with structured costs. */
  @Benchmark
  public SearchOutcome structured() {
    return search().solve(structured);
  }

  /** 80 layers of 54 candidates with random costs. */
  @Benchmark
  public SearchOutcome unstructured() {
    return search().solve(unstructured);
  }

  /** 162 layers of 200 candidates with random costs. */
  @Benchmark
  public SearchOutcome large() {
    return search().solve(large);
  }

  /** 25 solutions of the structured problem, at least 8 layers apart. */
  @Benchmark
  public SearchOutcome diverse() {
    return search().solve(structured.toBuilder().solutions(25).minDifferentLayers(8).build());
  }

  /** 50 points over memory of the structured problem. */
  @Benchmark
  public Frontier frontier() {
    return search().frontier(structured, "memoryBytes", 50);
  }
}
