/**
 * What made an artefact: fingerprints of the parent, the settings, the data and the format version.
 *
 * <p>Every file that a run leaves behind carries one, and a resumed run trusts a file only when its
 * fingerprint matches.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.provenance;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
