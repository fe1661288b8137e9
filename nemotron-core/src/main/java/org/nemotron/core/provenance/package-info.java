/**
 * The origin of artifacts: a {@link org.nemotron.core.provenance.Fingerprint} of its inputs, by
 * which a later run decides whether to reuse it, and digests of files.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.provenance;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
