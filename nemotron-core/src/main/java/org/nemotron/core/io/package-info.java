/**
 * Files that are whole or absent: written to a temporary name, synced and renamed, with a sentence
 * for every fault of the disk; JSON files of other programs, and downloads that failed.
 */
@NullMarked
@CheckReturnValue
package org.nemotron.core.io;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
