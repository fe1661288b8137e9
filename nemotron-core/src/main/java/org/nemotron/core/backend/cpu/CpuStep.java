package org.nemotron.core.backend.cpu;

/** One pass through the layers: which rows, where their keys and values are, and room to work. */
record CpuStep(BatchRows rows, CpuKvCache memory, CpuWorkspace space) {
  /** Returns a step of the wanted rows, of which the stream is made: the others are gone. */
  CpuStep keepWanted() {
    space.keepRows(rows.wanted(), rows::wantedRow);
    return new CpuStep(rows.onlyWanted(), memory, space);
  }
}
