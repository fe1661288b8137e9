package org.nemotron.nas.search.exact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nemotron.nas.search.graph.Elements;
import org.nemotron.nas.search.graph.Path;

/**
 * The arcs of the whole problem that the arcs of a {@link ReducedProblem} stand for. Immutable.
 *
 * <p>Forced arcs, which every path has, are not among the arcs of the reduced problem.
 */
final class OriginalArcs {
  private static final int[] NO_ARCS = {};

  /** By arc of the reduced problem, ascending unless that is reversed. */
  private final int[] arcs;

  private final int[] forced;

  private OriginalArcs(int[] arcs, int[] forced) {
    this.arcs = arcs;
    this.forced = forced;
  }

  /** Returns the arcs of a whole problem, none of them forced. */
  static OriginalArcs all(int count) {
    int[] arcs = new int[count];
    for (int arc = 0; arc < count; arc++) {
      arcs[arc] = arc;
    }
    return new OriginalArcs(arcs, NO_ARCS);
  }

  /** Returns the arc of the whole problem that {@code arc} stands for. */
  int of(int arc) {
    return arcs[arc];
  }

  /** Returns the forced arcs of the whole problem, in no particular order. */
  int[] forced() {
    return forced.clone();
  }

  /** Returns the same forced arcs, and of the others these, in their order. */
  OriginalArcs keeping(int[] kept) {
    return new OriginalArcs(Elements.at(arcs, kept), forced);
  }

  /** Returns these arcs, in their order, and no forced ones. */
  OriginalArcs withoutForced(int[] order) {
    return new OriginalArcs(Elements.at(arcs, order), NO_ARCS);
  }

  /** Returns these arcs, ascending, with all others forced. */
  OriginalArcs forcingOthers(int[] kept) {
    int[] newForced = Arrays.copyOf(forced, forced.length + arcs.length - kept.length);
    int size = forced.length;
    int next = 0;
    for (int arc = 0; arc < arcs.length; arc++) {
      if (next < kept.length && kept[next] == arc) {
        next++;
      } else {
        newForced[size++] = arcs[arc];
      }
    }
    return new OriginalArcs(Elements.at(arcs, kept), newForced);
  }

  /** Returns the path of the whole problem that these arcs, in any order, and the forced make. */
  Path path(int[] path) {
    return pathOfOriginals(Elements.at(arcs, path));
  }

  /**
   * Returns the path of the whole problem that the forced arcs and these make.
   *
   * @param originals arcs of the whole problem, in any order
   */
  Path pathOfOriginals(int... originals) {
    int[] all = Arrays.copyOf(forced, forced.length + originals.length);
    System.arraycopy(originals, 0, all, forced.length, originals.length);
    Arrays.sort(all);
    return Path.of(all);
  }

  /** Returns those paths of the whole problem that lie in the reduced one, as its arcs. */
  List<int[]> within(List<Path> paths) {
    List<int[]> within = new ArrayList<>();
    if (paths.isEmpty()) {
      return within;
    }
    int[] sortedForced = forced.clone();
    Arrays.sort(sortedForced);
    for (Path path : paths) {
      int[] found = new int[path.length()];
      int size = 0;
      boolean inside = true;
      for (int i = 0; i < path.length() && inside; i++) {
        int arc = Arrays.binarySearch(arcs, path.arc(i));
        if (arc >= 0) {
          found[size++] = arc;
        } else {
          inside = Arrays.binarySearch(sortedForced, path.arc(i)) >= 0;
        }
      }
      if (inside) {
        within.add(Arrays.copyOf(found, size));
      }
    }
    return within;
  }
}
