package org.nemotron.examples;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nemotron.core.io.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Writes a run's frontier and the architectures of its children as pictures for documents. */
@Command(
    name = "report-pictures",
    mixinStandardHelpOptions = true,
    description = "Writes the frontier and the architectures of a finished run as SVG files.")
final class ReportPictures implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "RUN", description = "directory of a finished run")
  private Path run;

  @Parameters(index = "1", paramLabel = "DIR", description = "directory to write to")
  private Path directory;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private ReportPictures() {}

  @Override
  public Integer call() throws IOException {
    ReportPage page = ReportPage.read(run.resolve("report/index.html"));
    Files.createDirectories(directory);
    write("frontier", page.charts("frontier"));
    write("architecture", page.charts("architecture"));
    return 0;
  }

  /** Writes {@code NAME.svg}, then {@code NAME-2.svg} and so on. */
  private void write(String name, ImmutableList<String> charts) throws IOException {
    for (int i = 0; i < charts.size(); i++) {
      String file = i == 0 ? name + ".svg" : name + "-" + (i + 1) + ".svg";
      AtomicFiles.write(directory.resolve(file), charts.get(i));
      System.out.println(directory.resolve(file));
    }
  }
}
