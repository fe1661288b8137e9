/**
 * The page of a run: one self-contained HTML file with charts in SVG. Entry type: {@link
 * org.nemotron.nas.report.html.HtmlReport}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.report.html;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
