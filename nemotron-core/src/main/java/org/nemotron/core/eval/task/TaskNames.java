package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.Comparator;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** The names that may be selected, by how near they are to a mistaken one. */
final class TaskNames {
  private static final int SHOWN = 5;

  private TaskNames() {}

  /** Returns the names with the fewest letters to change. */
  static ImmutableList<String> nearest(String name) {
    Set<String> names = new TreeSet<>();
    for (String known :
        Iterables.concat(
            TaskResources.tasks().keySet(),
            TaskResources.groups().keySet(),
            TaskResources.presets().keySet())) {
      names.add(known);
    }
    String given = name.toLowerCase(Locale.ROOT);
    return names.stream()
        .sorted(Comparator.comparingInt(known -> distance(given, known)))
        .limit(SHOWN)
        .collect(ImmutableList.toImmutableList());
  }

  /** The least number of letters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
