package org.nemotron.nas.distill;

import java.io.IOException;

/** Where the state of a distillation is kept, for a later one to go on from. */
interface SavedState {
  /** Saves all of it, in the place of what was saved before. */
  void save(GlobalProgress progress) throws IOException;

  /** Restores what was saved, if there is something and it fits. */
  void restore(GlobalProgress progress) throws IOException;
}
