package org.nemotron.core.backend.cpu;

/** One pass through the layers: which rows, where their keys and values are, and room to work. */
record CpuStep(BatchRows rows, CpuKvCache memory, CpuWorkspace space) {}
