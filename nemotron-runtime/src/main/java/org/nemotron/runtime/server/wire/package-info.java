/**
 * The JSON of the API, without HTTP: requests read into records with named errors, answers and
 * chunks written from results. Not exported.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.runtime.server.wire;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
