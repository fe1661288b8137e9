package org.nemotron.examples.shell;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Runs a command as the shell wants it: arguments as they were given, output in UTF-8, both
 * whatever the locale; faults in sentences on the error stream. A signal cancels the command, and
 * the process ends when that has ended: with exit code 130 for Ctrl-C, 143 for SIGTERM.
 */
public final class Shell {
  static final String NAME = "nemotron: ";
  private static final String MEMORY_ADVICE =
      "\nMaybe start Java with a greater -Xmx, or with -Dorg.bytedeco.javacpp.maxPhysicalBytes=0,"
          + " which lifts the limit on native memory.";
  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  private Shell() {}

  /**
   * Runs a command as the process's own, and returns its exit code.
   *
   * @param maker makes the command, which remembers where output went when it was made
   */
  public static int run(Supplier<CommandLine> maker, String... arguments) {
    PrintStream out = utf8(FileDescriptor.out);
    PrintStream err = utf8(FileDescriptor.err);
    System.setOut(out);
    System.setErr(err);
    if (System.getProperty(LOG_FORMAT) == null) {
      System.setProperty(LOG_FORMAT, NAME + "%5$s%n"); // the message alone, as other notes
    }
    CommandLine command =
        configured(maker.get())
            .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    try (SignalledExit guard = SignalledExit.guarding(err)) {
      checkWorkingDirectory();
      return command.execute(GivenArguments.of(Arrays.asList(arguments)).toArray(String[]::new));
    } catch (IllegalArgumentException e) {
      err.println(NAME + e.getMessage());
      return command.getCommandSpec().exitCodeOnInvalidInput();
    } catch (OutOfMemoryError e) {
      err.println(NAME + "memory has run out (" + e.getMessage() + ")." + MEMORY_ADVICE);
      return command.getCommandSpec().exitCodeOnExecutionException();
    }
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /** Relative paths begin there. */
  private static void checkWorkingDirectory() {
    String directory = System.getProperty("user.dir");
    if (!isThere(directory)) {
      throw new IllegalArgumentException(
          "the working directory ("
              + directory
              + ") is not there, or has letters that Java cannot open in this locale ("
              + LocaleEncoding.NAME
              + ")."
              + LocaleEncoding.ADVICE);
    }
  }

  private static boolean isThere(String directory) {
    try {
      return Files.isDirectory(Path.of(directory));
    } catch (InvalidPathException e) {
      return false;
    }
  }

  /** Returns {@code command}, which from now on reads paths and explains faults as all do. */
  public static CommandLine configured(CommandLine command) {
    return command
        .registerConverter(Path.class, new PathArgument())
        .setExpandAtFiles(false) // a text may begin with @
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Shell::refuse)
        .setExecutionExceptionHandler(Shell::explain);
  }

  private static int refuse(ParameterException fault, String[] arguments) {
    CommandLine command = fault.getCommandLine();
    PrintWriter err = command.getErr();
    err.println(NAME + fault.getMessage());
    if (arguments.length == 0 && !command.getSubcommands().isEmpty()) {
      command.usage(err);
      return command.getCommandSpec().exitCodeOnInvalidInput();
    }
    Arrays.stream(arguments)
        .filter(Shell::isDashedText)
        .findFirst()
        .ifPresent(
            text -> err.println("Maybe put -- before a text that begins with a dash: " + text));
    boolean unused = UnmatchedArgumentException.printSuggestions(fault, err);
    err.println("All options: " + command.getCommandSpec().qualifiedName() + " --help");
    return command.getCommandSpec().exitCodeOnInvalidInput();
  }

  /** Returns whether no option looks like it. */
  private static boolean isDashedText(String argument) {
    return argument.startsWith("-") && !argument.matches("--?[A-Za-z][-A-Za-z0-9]*(=.*)?|--|-");
  }

  private static int explain(Exception fault, CommandLine command, ParseResult parsed)
      throws Exception {
    String sentence = FaultSentences.of(fault).orElseThrow(() -> fault);
    command.getErr().println(NAME + sentence);
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
