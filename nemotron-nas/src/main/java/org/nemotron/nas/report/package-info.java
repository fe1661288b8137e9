/**
 * The results of a finished run: a file for programs, a page for people and a table for the
 * terminal.
 *
 * <p>Place in the pipeline: last; it reads nothing but the {@link
 * org.nemotron.nas.report.RunSummary} that the pipeline fills, and returns text that the pipeline
 * stores or prints. Entry types: {@link org.nemotron.nas.report.SummaryWriter}, {@link
 * org.nemotron.nas.report.html.HtmlReport} and {@link org.nemotron.nas.report.ConsoleReport}.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.nas.report;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
