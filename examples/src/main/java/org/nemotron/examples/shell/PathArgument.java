package org.nemotron.examples.shell;

import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Reads a path as it may be given: with the home directory as {@code ~} where the shell left it, or
 * as a {@code file:} address.
 */
final class PathArgument implements ITypeConverter<Path> {
  private static final String FILE = "file:";
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");

  @Override
  public Path convert(String value) {
    if (value.isBlank()) {
      throw new TypeConversionException("a path must not be empty");
    }
    if (value.startsWith(FILE)) {
      return ofAddress(value);
    }
    if (ADDRESS.matcher(value).matches()) {
      throw new TypeConversionException(
          value + " is an address, not a path.\nMaybe download it, and give its path.");
    }
    boolean atHome = value.equals("~") || value.startsWith("~/");
    return of(atHome ? System.getProperty("user.home") + value.substring(1) : value);
  }

  private static Path of(String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new TypeConversionException(LocaleEncoding.sentence(e));
    }
  }

  private static Path ofAddress(String value) {
    try {
      return Path.of(URI.create(value));
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(
          value
              + " is not a valid address of a file.\nMaybe write it as a path: "
              + value.substring(FILE.length()).replaceFirst("^/*", "/"));
    }
  }
}
