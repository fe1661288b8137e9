package org.nemotron.nas.search;

/**
 * An alternative at its layer.
 *
 * @param layer the layer it stands in, the first one when it covers several
 * @param alternative the alternative that stands there
 */
public record Choice(int layer, Alternative alternative) {}
