package org.nemotron.nas.search.exact;

/** Whether SCIP is there: OR-Tools, which brings it, is the application's choice. */
public final class Scip {
  private static final String CLASS = "com.google.ortools.Loader";

  private Scip() {}

  /** Returns whether OR-Tools is on the class path and may be read; loads none of its natives. */
  public static boolean isPresent() {
    try {
      Class<?> found = Class.forName(CLASS, false, Scip.class.getClassLoader());
      return Scip.class.getModule().canRead(found.getModule());
    } catch (ClassNotFoundException e) {
      return false;
    }
  }
}
