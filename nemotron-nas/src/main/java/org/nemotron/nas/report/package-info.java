/**
 * The last stage, the report: what was chosen, why, and what it costs, for people and for programs.
 *
 * <p>It writes {@code summary.json} and one HTML page that needs nothing beside itself.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.report;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
