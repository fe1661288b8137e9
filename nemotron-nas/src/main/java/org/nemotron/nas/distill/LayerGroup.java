package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.Iterables;
import com.google.common.collect.Lists;
import com.google.common.collect.Multimaps;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.nemotron.nas.library.Candidate;

/**
 * Candidates that are trained together, and the parent's layers that they need. Immutable.
 *
 * @param first the first of these layers
 * @param end behind the last of them: behind all that a candidate replaces
 * @param candidates those that begin in the group's layers
 */
record LayerGroup(int first, int end, ImmutableList<Candidate> candidates) {
  /**
   * Returns groups in the order of their layers.
   *
   * @param layersEach how many layers with candidates a group has
   */
  static ImmutableList<LayerGroup> of(Collection<? extends Candidate> candidates, int layersEach) {
    ImmutableListMultimap<Integer, Candidate> byLayer =
        Multimaps.index(ImmutableList.<Candidate>copyOf(candidates), Candidate::layer);
    List<Integer> layers = new ArrayList<>(new TreeSet<>(byLayer.keySet()));
    ImmutableList.Builder<LayerGroup> groups = ImmutableList.builder();
    for (List<Integer> some : Lists.partition(layers, layersEach)) {
      ImmutableList.Builder<Candidate> together = ImmutableList.builder();
      some.forEach(layer -> together.addAll(byLayer.get(layer)));
      groups.add(of(some.get(0), Iterables.getLast(some), together.build()));
    }
    return groups.build();
  }

  private static LayerGroup of(int first, int last, ImmutableList<Candidate> candidates) {
    int end = last + 1;
    for (Candidate candidate : candidates) {
      end = Math.max(end, candidate.layer() + candidate.layers());
    }
    return new LayerGroup(first, end, candidates);
  }
}
