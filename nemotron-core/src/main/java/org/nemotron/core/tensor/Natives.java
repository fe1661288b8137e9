package org.nemotron.core.tensor;

import com.google.common.base.Splitter;
import java.io.IOException;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** The native libraries of LibTorch, and of OpenBLAS and JavaCPP, which it needs. */
public final class Natives {
  /** How JavaCPP says that it has looked everywhere. */
  private static final String NOT_FOUND = "Could not find ";

  private static volatile boolean loaded;

  /** What the first attempt met: later ones meet only a class that could not be initialized. */
  private static @Nullable String fault;

  private Natives() {}

  /**
   * Loads them, unless they are loaded.
   *
   * @throws MissingNativesException if they are missing or cannot be loaded
   */
  public static void load() {
    if (!loaded) {
      loadOnce();
    }
  }

  private static synchronized void loadOnce() {
    try {
      String unused = Loader.load(torch.class);
      loaded = true;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      String sentence = fault == null ? sentence(e, Loader.getPlatform()) : fault;
      fault = sentence;
      throw new MissingNativesException(sentence, e);
    }
  }

  /**
   * Returns what is wrong, and what helps.
   *
   * @param fault JavaCPP's; its cause is why a library that was found could not be loaded
   */
  static String sentence(Throwable fault, String platform) {
    Throwable cause = fault.getCause();
    if (cause != null && !String.valueOf(cause.getMessage()).startsWith(NOT_FOUND)) {
      return "LibTorch's native libraries for "
          + platform
          + " cannot be loaded ("
          + cause.getMessage()
          + ").\nMaybe this system lacks a library that they need, such as a recent glibc, or they"
          + " are of different versions.";
    }
    return "LibTorch's native libraries for "
        + platform
        + " are missing ("
        + Splitter.on(':').split(String.valueOf(fault.getMessage())).iterator().next()
        + ").\nMaybe add three dependencies, each with the classifier "
        + platform
        + ": "
        + dependency("pytorch")
        + ", "
        + dependency("openblas")
        + " and "
        + dependency("javacpp")
        + ". A platform that they are not published for cannot run this library.";
  }

  /** Returns the coordinates with the version of the Java part, where that is known. */
  private static String dependency(String artifact) {
    String coordinates = "org.bytedeco:" + artifact;
    try {
      return coordinates + ":" + Loader.getVersion("org.bytedeco", artifact);
    } catch (IOException e) {
      return coordinates; // a jar that was packed anew has no version
    }
  }
}
