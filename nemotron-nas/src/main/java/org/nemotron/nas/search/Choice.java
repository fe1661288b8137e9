package org.nemotron.nas.search;

/**
 * One alternative in its place.
 *
 * @param layer the layer it stands in, the first one when it covers several
 * @param alternative what stands there
 */
public record Choice(int layer, Alternative alternative) {}
