/**
 * What the tests of several modules share: small random models, memory curves, rules of
 * architecture, and the promises of closeables. Other modules have it as core's test jar.
 */
@NullMarked
package org.nemotron.core.testing;

import org.jspecify.annotations.NullMarked;
