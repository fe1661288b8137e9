package org.nemotron.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.nemotron.nas.search.OutcomeJson;
import org.nemotron.nas.search.ProblemJson;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchProblem;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Solves a search problem that stands in a file: no model, no LibTorch. */
@Command(
    name = "SearchOnATable",
    description = "Finds the architecture of least harm within all budgets, and proves it.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:found",
      "2:proven infeasible",
      "3:out of time, or cancelled, with nothing found",
      "64:bad input"
    },
    exitCodeOnInvalidInput = SearchOnATable.BAD_INPUT)
public final class SearchOnATable implements Callable<Integer> {
  static final int FOUND = 0;
  static final int INFEASIBLE = 2;
  static final int OUT_OF_TIME = 3;
  static final int BAD_INPUT = 64;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The problem as JSON.")
  private Path file;

  @Option(names = "--json", description = "Print the answer as JSON.")
  private boolean json;

  @Option(
      names = "--time-limit",
      paramLabel = "SECONDS",
      description = "Stop with the best so far; no limit unless given.")
  private double seconds = Double.POSITIVE_INFINITY;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private SearchOnATable() {}

  /** Runs the program and exits with its code. */
  public static void main(String... args) {
    System.exit(commandLine().execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new SearchOnATable());
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    SearchOutcome outcome;
    try {
      SearchProblem problem = ProblemJson.parse(Files.readString(file));
      outcome = search().solve(problem);
    } catch (IllegalArgumentException e) {
      spec.commandLine().getErr().println(file + ": " + e.getMessage());
      return BAD_INPUT;
    } catch (IOException e) {
      spec.commandLine().getErr().println(file + ": this file cannot be read: " + e);
      return BAD_INPUT;
    }
    out.println(json ? OutcomeJson.write(outcome) : OutcomeTable.of(outcome));
    return exitCode(outcome);
  }

  private PuzzleSearch search() {
    PuzzleSearch.Builder builder = PuzzleSearch.builder();
    if (seconds < Double.POSITIVE_INFINITY) {
      builder.timeLimit(Duration.ofNanos(Math.round(seconds * 1e9)));
    }
    return builder.build();
  }

  private static int exitCode(SearchOutcome outcome) {
    if (outcome instanceof SearchOutcome.Found) {
      return FOUND;
    }
    return outcome instanceof SearchOutcome.Infeasible ? INFEASIBLE : OUT_OF_TIME;
  }
}
