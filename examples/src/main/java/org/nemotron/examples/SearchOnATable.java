package org.nemotron.examples;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.nemotron.core.io.FileFaults;
import org.nemotron.examples.shell.Shell;
import org.nemotron.nas.search.ProblemJson;
import org.nemotron.nas.search.PuzzleSearch;
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
    description = "Finds the architecture of least score within all budgets, and proves it.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:found",
      "2:proven infeasible",
      "3:out of time or memory, or cancelled, with nothing found",
      "64:bad input"
    },
    exitCodeOnInvalidInput = SearchOnATable.BAD_INPUT)
public final class SearchOnATable implements Callable<Integer> {
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

  @Option(
      names = "--gap",
      paramLabel = "SHARE",
      description = "Stop when score and bound differ by no more than this; 0 unless given.")
  private double gap;

  @Option(
      names = "--frontier",
      paramLabel = "COST",
      description = "Print the best architecture for limits on this cost, tight to loose.")
  private Optional<String> frontier = Optional.empty();

  @Option(
      names = "--points",
      paramLabel = "N",
      description = "How many limits the frontier has; 20 unless given.")
  private int points = 20;

  @Option(
      names = "--sensitivity",
      description = "Print what more or less of each budget would change.")
  private boolean sensitivity;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private SearchOnATable() {}

  /** Runs the program and exits with its code. */
  public static void main(String... args) {
    System.exit(Shell.run(SearchOnATable::commandLine, args));
  }

  static CommandLine commandLine() {
    return Shell.configured(new CommandLine(new SearchOnATable()));
  }

  @Override
  public Integer call() {
    try {
      SearchReply reply = reply(ProblemJson.parse(Files.readString(file)));
      spec.commandLine().getOut().println(json ? reply.json() : reply.table());
      return reply.exitCode();
    } catch (IllegalArgumentException e) {
      spec.commandLine().getErr().println(file + ": " + e.getMessage());
    } catch (IOException e) {
      spec.commandLine().getErr().println(file + ": " + unreadable(e));
    }
    return BAD_INPUT;
  }

  private static String unreadable(IOException fault) {
    if (fault instanceof CharacterCodingException) {
      return "this file is not valid UTF-8";
    }
    return fault instanceof FileSystemException file
        ? "this file cannot be read (" + FileFaults.words(file) + ")"
        : "this file cannot be read (" + fault.getMessage() + ")";
  }

  private SearchReply reply(SearchProblem problem) {
    if (frontier.isPresent()) {
      return SearchReply.of(search().frontier(problem, frontier.get(), points));
    }
    return Optional.of(problem)
        .filter(asked -> sensitivity)
        .flatMap(search()::sensitivity)
        .map(SearchReply::of)
        .orElseGet(() -> SearchReply.of(search().solve(problem)));
  }

  private PuzzleSearch search() {
    PuzzleSearch.Builder builder = PuzzleSearch.builder().relativeGap(gap);
    if (seconds < Double.POSITIVE_INFINITY) {
      builder.timeLimit(Duration.ofNanos(Math.round(seconds * 1e9)));
    }
    return builder.build();
  }
}
