package org.nemotron.nas.library;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;

/**
 * What calibration found out about one parent layer. Immutable.
 *
 * <p>Together with the parent this is all that an untrained candidate is made of: sets of indices.
 *
 * @param channels the channels of the FFN, most important first; empty where it has none
 * @param kvHeads the key/value heads, most important first; empty where there are none
 * @param origins by the number of layers that a multi-layer replacement stands in for from this one
 *     on: the layer among them whose block imitates them best, untrained
 */
public record LayerRanking(
    ImmutableIntArray channels,
    ImmutableIntArray kvHeads,
    ImmutableMap<Integer, Integer> origins) {}
