/**
 * What made an artefact, and how it gets onto the disk whole.
 *
 * <p>Every stage writes through {@link org.nemotron.core.provenance.AtomicFiles}, so that a run
 * killed at any moment leaves no half-written file that a later run would trust, and labels what it
 * wrote with a {@link org.nemotron.core.provenance.Fingerprint} of its inputs, so that a later run
 * can tell what it may reuse.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.provenance;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
